#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>

#include "lab/os/process.hpp"
#include "world/processes.hpp"

namespace lab21 {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = 1 << 20, kAsks = 160 * kBlock, kHeapLimit = 40 * kBlock;

// A control group of its own (version 1), if we may make one.
class Container {
 public:
  explicit Container(std::size_t bytes)
      : folder_(kBase / (kName + std::to_string(getpid()))) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(kBase, none)) {  // of killed runs
      const std::string name = entry.path().filename();
      if (name.starts_with(kName) && kill(std::atoi(name.c_str() + kName.size()), 0) != 0)
        fs::remove(entry.path(), none);
    }
    if (bytes == 0 || !fs::create_directory(folder_, none)) return;
    works =
        (std::ofstream(folder_ / "memory.limit_in_bytes") << bytes << std::flush).good();
    std::ofstream(folder_ / "memory.memsw.limit_in_bytes") << bytes;  // no swap either
  }
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;
  ~Container() {
    std::error_code none;
    if (works) fs::remove(folder_, none);
  }
  std::string processes() const { return works ? folder_ / "cgroup.procs" : fs::path(); }

  bool works = false;

 private:
  inline static const fs::path kBase = "/sys/fs/cgroup/memory";
  inline static const std::string kName = "underloop-";
  const fs::path folder_;
};

// Writes without allocating: there is no memory left.
void tell(const char* words) {
  [[maybe_unused]] const auto written = write(STDOUT_FILENO, words, std::strlen(words));
}

}  // namespace

Certificate live_and_die(const std::string& of, std::size_t bytes) {
  const Container container(bytes);
  lab::ChildOptions options;
  if (bytes != 0 && !container.works) options.address_space = bytes;
  auto child = lab::Child::role("mortal", {of, container.processes()}, options);
  const lab::Exit& exit = child.wait();
  return {exit.signal ? std::string("SIG") + sigabbrev_np(exit.signal)
                      : "exit " + std::to_string(exit.code),
          exit.out.find("exit handler") != std::string::npos,
          exit.out.find("last words") != std::string::npos,
          container.works ? "a control group" : "RLIMIT_AS"};
}

// noexcept: nobody catches what it throws, as nobody does in a program at its limit.
int mortal_main(std::span<const std::string> args) noexcept {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (!args[1].empty()) std::ofstream(args[1]) << getpid() << std::flush;
  std::atexit([] { tell("exit handler\n"); });
  std::set_terminate([] {
    tell("last words: out of memory\n");
    std::abort();
  });
  // The kernel counts private memory here, and no shared mapping: those are the buffers.
  const rlimit heap{kHeapLimit, kHeapLimit};
  setrlimit(RLIMIT_DATA, &heap);
  for (std::size_t asked = 0; asked < kAsks; asked += kBlock) {
    void* block = args[0] == "heap" ? ::operator new(kBlock)
                                    : mmap(nullptr, kBlock, PROT_READ | PROT_WRITE,
                                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) std::terminate();
    std::memset(block, 'x', kBlock);  // held from now on: nobody gives it back
  }
  std::exit(0);  // all of it was given
}

}  // namespace lab21
