// profiling.hpp: where a thread spends its CPU time, seen by looking at its stack now and then.
//
//   CPU timer --> SIGPROF --> the handler copies the stack --> log --> names --> shares
//
// Units     A sample is one look at the stack. The kernel looks at CPU timers when it ticks,
//           100 to 1000 times a second: so collect a number of samples, not a time.
// Threads   A Sampler belongs to the thread that made it, and samples only that thread.
// Errors    A second Sampler on one thread throws std::invalid_argument, a timer that the
//           kernel refuses lab::Error. With its memory full it takes no more samples.
// Cost      One walk of the stack for each sample (see bench/).
// Source    timer_create(2), signal-safety(7); folded stacks as in B. Gregg's flame graphs.
// Left out  Another process's addresses: they need its memory map, which V8's log carries.
#pragma once

#include <cstddef>
#include <cstdint>
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
  Sampler();
  ~Sampler() { stop(); }
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  void stop();  // on the sampled thread
  std::size_t samples() const;
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

  // Each stack begins at `root`, or is whole without one; where root is not, "(program)".
  explicit Profile(const std::vector<Stack>& stacks = {}, const std::string& root = {});

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

}  // namespace lab22
