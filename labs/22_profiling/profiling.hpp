// profiling.hpp: where a thread spends its CPU time, seen by looking at its stack now and then.
//
//   CPU timer --> SIGPROF --> the handler copies the stack --> log --> names --> shares
//
// Units     A sample is one look at the stack. The kernel looks at CPU timers when it ticks,
//           100 to 1000 times a second: so collect a number of samples, not a time.
// Threads   A Sampler belongs to the thread that made it, and samples only that thread.
// Errors    A second Sampler on one thread throws std::invalid_argument, a timer that the
//           kernel refuses lab::Error. What finds no room is counted.
// Cost      One walk of the stack for each sample (see bench/).
// Source    timer_create(2), signal-safety(7); folded stacks as in B. Gregg's flame graphs.
// Left out  Another process's addresses: they need its memory map, which V8's log carries.
#pragma once

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

// Step 1: a profiler that samples, from its construction until stop().
class Sampler {
 public:
  explicit Sampler(std::chrono::microseconds every = std::chrono::milliseconds(1),
                   std::size_t room = 2048);
  ~Sampler() { stop(); }
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  void stop();  // on the sampled thread
  std::size_t samples() const;
  std::size_t lost() const;  // found no room
  std::vector<Stack> stacks() const;

 private:
  struct Record;
  static void on_signal(int);

  std::shared_ptr<Record> record_;
  void* timer_ = nullptr;
};

// Step 2: the log holds bare addresses, "5581c0de 5581beef" for each stack, because looking
// up names takes time and memory. read_log() throws std::invalid_argument at a line that is
// anything else.
void write_log(std::ostream& log, const std::vector<Stack>& stacks);
std::vector<Stack> read_log(std::istream& log);

// The function of this process that an address lies in, without namespace and parameters;
// "?" if the symbol table does not say.
std::string function_at(Address address);

// Step 3: the report: stacks of names, each with the number of samples that saw it.
class Profile {
 public:
  using Names = std::vector<std::string>;

  // Stacks begin at `root`; those that are not in it are "(program)". Without a root they
  // are whole.
  explicit Profile(const std::vector<Stack>& stacks = {}, const std::string& root = {},
                   const std::function<std::string(Address)>& name_of = function_at);

  void add(Names stack, int samples = 1);

  int samples() const { return samples_; }
  int self(const std::string& function) const;   // it was on top: it burnt the CPU itself
  int total(const std::string& function) const;  // it, or something that it called
  double share(const std::string& function) const;  // of self
  const std::map<Names, int>& stacks() const { return stacks_; }

  // "serve;check_stock 81" for each stack: what flame graph programs read.
  std::string folded() const;

  // Step 4: a flame graph: each function beside its caller, as wide as its samples. It has
  // no order in time: equal stacks are one, whenever they were seen.
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

// By how many self samples each function differs between two profiles of the same work.
std::map<std::string, int> difference(const Profile& before, const Profile& after);

}  // namespace lab22
