// profiling.hpp: where a thread spends its CPU time, seen by looking at its stack now and then.
//
//   timer of CPU time --> SIGPROF --> the handler copies the stack --> log --> names --> shares
//
// Units     A sample is one look at the stack. The kernel looks at CPU timers when it ticks,
//           100 to 1000 times a second, so samples are never closer together than that:
//           collect a number of them, not a time.
// Threads   A Sampler belongs to the thread that made it and samples only that thread.
// Errors    A second Sampler on one thread throws std::invalid_argument, a timer that the
//           kernel refuses lab::Error. Samples that find the memory full are counted.
// Cost      One walk of the stack for each sample, about 300 a CPU second (see bench/).
// Source    timer_create(2), signal-safety(7); folded stacks as in B. Gregg's flame graphs.
// Left out  Another process's addresses: they need its memory map, which V8's log carries.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lab22 {

using Address = std::uintptr_t;
using Stack = std::vector<Address>;  // outermost call first

// Step 1: a profiler that samples. It runs from construction until stop().
class Sampler {
 public:
  explicit Sampler(std::chrono::microseconds every = std::chrono::milliseconds(1),
                   std::size_t room = 2048);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  void stop();  // from the sampled thread

  std::size_t samples() const;  // readable from any thread
  std::size_t lost() const;     // found no room
  std::vector<Stack> stacks() const;

 private:
  struct Record;
  static void on_signal(int);

  std::unique_ptr<Record> record_;
  void* timer_ = nullptr;
};

// Step 2: the log holds raw addresses, because naming them takes time and memory that the
// handler must not take. One stack a line: "5581c0de 5581beef".
void write_log(std::ostream& log, const std::vector<Stack>& stacks);

// Throws std::invalid_argument, with the number of the line, at anything else.
std::vector<Stack> read_log(std::istream& log);

// The function that an address of this process lies in: "check_stock"; or "?" if the symbol
// table does not say. Short: without namespaces and parameters.
std::string function_at(Address address);

// Step 3: the report. Stacks of names, each with the number of samples that saw it.
class Profile {
 public:
  using Names = std::vector<std::string>;
  using NameOf = std::function<std::string(Address)>;

  Profile() = default;
  // Frames outside `root` are left out of each stack; without a root, none is.
  explicit Profile(const std::vector<Stack>& stacks, const std::string& root = {},
                   const NameOf& name_of = function_at);

  void add(Names stack, int samples = 1);

  int samples() const { return samples_; }
  int self(const std::string& function) const;  // it was on top: it burnt the CPU itself
  int total(
      const std::string& function) const;  // it was on the stack: it, or what it called
  double self_share(const std::string& function) const;
  const std::map<Names, int>& stacks() const { return stacks_; }

  // "serve;check_stock 81", one stack a line: what flame graph programs read.
  std::string folded() const;

  // Step 4: a flame graph: each function below its caller, as wide as its samples. Without
  // an order in time: equal stacks are one, whenever they were seen.
  struct Frame {
    std::string function;
    std::string caller;  // empty: outermost
    int samples = 0;
  };
  std::vector<Frame> flame() const;

 private:
  std::map<Names, int> stacks_;
  int samples_ = 0;
};

// What each function's self samples became, from one profile to another of the same work.
std::map<std::string, int> difference(const Profile& before, const Profile& after);

}  // namespace lab22
