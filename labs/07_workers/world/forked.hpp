// forked.hpp: a child that is a copy of this process, and a number that both see.
#pragma once

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <concepts>
#include <csignal>
#include <cstdint>
#include <utility>

#include "lab/core/error.hpp"

namespace lab07 {

// In memory that this process shares with the children that it forks from now on.
class SharedNumber {
 public:
  SharedNumber() {
    void* page = mmap(nullptr, sizeof(Number), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) lab::check_errno(-1, "map shared memory");
    number_ = new (page) Number(0);
  }
  SharedNumber(const SharedNumber&) = delete;
  SharedNumber& operator=(const SharedNumber&) = delete;
  ~SharedNumber() { munmap(number_, sizeof(Number)); }

  std::atomic<std::uint64_t>& operator*() { return *number_; }

 private:
  using Number = std::atomic<std::uint64_t>;
  Number* number_;
};

// Its job must end by itself, and not throw; whoever destroys it waits for that.
class Forked {
 public:
  explicit Forked(std::invocable auto job) : pid_(fork()) {
    lab::check_errno(pid_, "fork");
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // it must not outlive us
    job();
    _exit(0);
  }
  Forked(const Forked&) = delete;
  Forked& operator=(const Forked&) = delete;
  ~Forked() { wait(); }

  pid_t pid() const { return pid_; }  // 0 once it has been waited for

  // The signal that ended it, 0 if none did.
  int wait() {
    if (pid_ != 0) waitpid(std::exchange(pid_, 0), &status_, 0);
    return WIFSIGNALED(status_) ? WTERMSIG(status_) : 0;
  }

 private:
  pid_t pid_;
  int status_ = 0;
};

}  // namespace lab07
