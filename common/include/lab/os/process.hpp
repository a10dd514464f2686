// process.hpp: child processes that end in time, and never outlive this one.
//
// Lifetime  A child is killed and reaped when its Child goes or its deadline passes; and
//           it dies with the thread that started it (PR_SET_PDEATHSIG): start children
//           from a thread that lasts. A program that changes its user on its own loses
//           that tie, and its children never had it; in a run, the guards end them.
// Errors    A program that cannot be started throws Error. How a started one ended is an
//           answer: see Exit.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lab {

struct ChildOptions {
  std::chrono::milliseconds deadline{10'000};
  bool capture = true;       // else its output goes where ours goes
  rlim_t address_space = 0;  // bytes it may map (RLIMIT_AS); 0: as many as we may
  std::vector<std::pair<std::string, std::string>> env{};  // set besides ours
  std::vector<int> inherit{};  // our descriptors that it has too, by the same numbers
  int output = -1;             // a descriptor for all its output, if that is not captured
  std::string folder{};        // where it starts; empty: where we are
  std::string user{};          // whom it runs as, which takes root; empty: as we do
  int last_signal = SIGKILL;   // what it gets when the thread that started it has ended
};

struct Exit {
  int code = -1;  // -1 if a signal ended it
  int signal = 0;
  bool timed_out = false;
  std::string out;  // what it wrote, if captured
  std::string err;
  std::size_t peak_rss_bytes = 0;  // at least ours as it started: it began as our copy

  bool ok() const { return code == 0; }
};

class Child {
 public:
  // Starts a program; argv[0] is looked up in $PATH unless it holds a slash.
  static Child run(std::vector<std::string> argv, ChildOptions options = {});

  // Starts this program again, in a role that it registered with Program::role. The
  // role's events join the trace of this run, and it reads the same knobs.
  static Child role(std::string name, std::vector<std::string> args = {},
                    ChildOptions options = {});

  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  void kill(int signal);

  // Waits until it has ended and its output has been read, or kills it at the deadline.
  const Exit& wait();

 private:
  Child() = default;
  enum class Happened { output, end, deadline };
  Happened read_some();
  static bool take(int& fd, std::string& into);
  static void drain(int& fd, std::string& into);
  void reap();

  pid_t pid_ = 0;
  int out_ = -1;
  int err_ = -1;
  int gone_ = -1;  // a pidfd: readable once the child has ended
  std::chrono::steady_clock::time_point deadline_{};
  std::optional<Exit> exit_;
  Exit so_far_;
};

}  // namespace lab
