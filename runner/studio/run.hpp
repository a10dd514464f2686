// run.hpp: one run of a lab's program, recorded line by line as it comes.
//
// Lifetime  The program ends with this object. A card stays with the store.
// Errors    What goes wrong ends the run, and its card says so; nothing is thrown but by
//           the constructor.
// Limits    RunLimits; what is over them ends the run, and its card says so.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "core/catalog.hpp"
#include "core/lab_process.hpp"
#include "lab/os/descriptor.hpp"
#include "studio/store.hpp"

namespace runner {

struct RunLimits {
  std::chrono::milliseconds finite{120'000};
  std::chrono::milliseconds live{30 * 60'000};
  std::chrono::milliseconds alone{10'000};    // a live run without viewers
  std::chrono::milliseconds patience{2'000};  // between asking and killing
  std::chrono::milliseconds build{10 * 60'000};
  std::uintmax_t bytes = 64u << 20;
  std::size_t line = 60u << 10;  // so that one always fits into a message
};

class StudioRun {
 public:
  using Clock = std::chrono::steady_clock;
  // A knob that was turned: name, value, why not.
  using OnKnob = std::function<void(const Json& told)>;

  StudioRun(RunStore& store, RunCard& card, const Place& place, const Lab& lab,
            std::vector<std::string> args, bool until_stopped, RunLimits limits);
  ~StudioRun();

  // Takes what came; false once it has ended and everything is recorded.
  bool turn(Clock::time_point now, const OnKnob& on_knob);

  void watched(bool anyone, Clock::time_point now);
  bool knob(const std::string& name, const Json& value);
  void stop(std::string why);

  // Breaks something that the lab started (see studio_fault.hpp), and records that.
  void fault(pid_t pid, const std::string& what);

  const RunCard& card() const { return card_; }
  bool building() const { return building_; }
  bool until_stopped() const { return until_stopped_; }
  pid_t pid() const { return building_ ? -1 : process_->pid(); }

 private:
  void build(const Place& place, const Lab& lab);
  void start_program();
  void record(std::string_view line, const OnKnob& on_knob);
  void flush();
  void check_time(Clock::time_point now);
  void finish();
  std::string reason() const;

  RunStore& store_;
  RunCard& card_;
  std::filesystem::path program_;
  std::vector<std::string> args_;
  bool until_stopped_;
  RunLimits limits_;
  bool building_ = false;
  lab::Descriptor file_{};
  std::uintmax_t bytes_ = 0;
  bool full_ = false;  // nothing more is recorded
  std::string buffer_{};
  std::string built_{};  // what its compiler said last
  Clock::time_point began_ = Clock::now();
  std::optional<Clock::time_point> asked_{};
  std::optional<Clock::time_point> alone_since_ = began_;
  std::unique_ptr<LabProcess> process_{};
};

}  // namespace runner
