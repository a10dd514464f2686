// The shared memory of a run is made once and joined by its children: whoever is started
// otherwise is told why it cannot join, and never reads memory that is not the lab's.
#include "core/arena.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "lab/core/error.hpp"
#include "support/sanitized.hpp"

namespace lab {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const auto joins = [] { inherited_arena(); };

// A memory file of a size, named as the lab's own.
class Memory {
 public:
  explicit Memory(std::size_t size) : fd_(memfd_create("no-trace", MFD_CLOEXEC)) {
    if (fd_ < 0 || ftruncate(fd_, static_cast<off_t>(size)) != 0) std::abort();
    setenv(kArenaVariable, std::to_string(fd_).c_str(), 1);
  }
  ~Memory() { close(fd_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

 private:
  int fd_;
};

TEST(Arena, IsJoinedThroughTheEnvironment) {
  Arena& made = make_arena();
  made.pace.allowed = 7;
  Arena& joined = inherited_arena();
  EXPECT_NE(&joined, &made);
  EXPECT_EQ(joined.pace.allowed, 7u);
}

TEST(Arena, OfARunInsideAnotherRunIsItsOwn) {
  setenv(kArenaVariable, "1234", 1);
  make_arena().pace.waiting = 5;
  EXPECT_EQ(inherited_arena().pace.waiting, 5u);
}

TEST(Arena, IsRefusedToWhoeverWasStartedByHand) {
  const auto refuses = ThrowsMessage<Error>(HasSubstr("not by hand"));
  unsetenv(kArenaVariable);
  EXPECT_THAT(joins, refuses);
  for (const char* text : {"", "x", "-1", "0", "1", "2", "987654"}) {
    setenv(kArenaVariable, text, 1);
    EXPECT_THAT(joins, refuses) << text;
  }
}

TEST(Arena, IsNotMemoryOfAnotherSizeNorOfAnotherProgram) {
  for (const std::size_t size : {std::size_t{0}, sizeof(Arena) - 1, sizeof(Arena) + 1}) {
    const Memory memory(size);
    EXPECT_THAT(joins, ThrowsMessage<Error>(HasSubstr("not by hand"))) << size;
  }
  const Memory zeroes(sizeof(Arena));
  EXPECT_THAT(joins, ThrowsMessage<Error>(HasSubstr("another lab's memory")));
}

[[noreturn]] void make_with_little_memory() {
  const rlimit small{sizeof(Arena) / 2, sizeof(Arena) / 2};
  setrlimit(RLIMIT_AS, &small);
  try {
    make_arena();
  } catch (const Error& error) {
    const std::string_view told = error.what();
    _exit(write(STDERR_FILENO, told.data(), told.size()) > 0 ? 3 : 4);
  }
  _exit(0);
}

TEST(ArenaDeathTest, WithoutMemoryIsAnErrorThatSaysSo) {
  if (test::kAddressSanitizer || test::kThreadSanitizer)
    GTEST_SKIP() << "a sanitizer needs the address space itself";
  EXPECT_EXIT(make_with_little_memory(), testing::ExitedWithCode(3),
              "map the trace's memory");
}

}  // namespace
}  // namespace lab
