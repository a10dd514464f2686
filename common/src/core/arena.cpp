#include "core/arena.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "lab/core/error.hpp"

namespace lab {

namespace {

constexpr std::uint64_t kMagic = 0x554e4445524c4f50;

Arena* map(int fd) {
  void* memory = mmap(nullptr, sizeof(Arena), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) check_errno(-1, "map the trace's memory");
  return static_cast<Arena*>(memory);
}

}  // namespace

Arena& make_arena() {
  // Not close-on-exec: the children are meant to inherit it.
  const int fd = static_cast<int>(
      check_errno(memfd_create("lab-trace", 0), "make the trace's memory"));
  check_errno(ftruncate(fd, sizeof(Arena)), "size the trace's memory");
  Arena* arena = map(fd);
  arena->magic = kMagic;
  setenv(kArenaVariable, std::to_string(fd).c_str(), 1);
  return *arena;
}

Arena& inherited_arena() {
  const char* text = std::getenv(kArenaVariable);
  const int fd = text ? std::atoi(text) : -1;
  struct stat facts {};
  if (fd < 3 || fstat(fd, &facts) != 0 || facts.st_size != sizeof(Arena)) {
    throw Error("join the lab's trace", "this role is started by the lab, not by hand");
  }
  Arena* arena = map(fd);
  if (arena->magic != kMagic) throw Error("join the lab's trace", "another lab's memory");
  return *arena;
}

}  // namespace lab
