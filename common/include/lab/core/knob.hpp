// knob.hpp: a setting that a person may turn: a flag, and a dial while the lab runs.
//
// Units     A knob names its own; a chrono duration reads and prints as milliseconds.
// Threads   Reading is one relaxed atomic load, from any thread and from any process
//           that the lab started: the value lives in memory shared with the narrator.
// Errors    A value out of range is refused where it is typed, and changes nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace lab {

struct KnobSpec {
  std::string name;  // the flag: "high-water-mark"
  std::string help;
  std::string unit;  // "ms", "bytes", "%", ...; empty: a bare count
  double initial = 0;
  double least = 0;
  double most = 0;
  bool whole = true;                   // whole numbers only
  bool is_switch = false;              // 0 or 1
  std::vector<std::string> choices{};  // the value is an index into these
};

template <class T>
struct KnobTraits {
  static constexpr bool whole = std::is_integral_v<T>;
  static double to(T value) { return static_cast<double>(value); }
  static T from(double value) { return static_cast<T>(value); }
};

template <class Rep, class Period>
struct KnobTraits<std::chrono::duration<Rep, Period>> {
  using Duration = std::chrono::duration<Rep, Period>;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  static constexpr bool whole = false;
  static double to(Duration value) { return Milliseconds(value).count(); }
  static Duration from(double value) {
    return std::chrono::duration_cast<Duration>(Milliseconds(value));
  }
};

// What a person typed, as the knob's value: a number with or without the knob's unit
// ("64KiB" and "2s" are understood too), on/off, or one of the choices. Throws
// std::invalid_argument with a sentence that says what would be right.
double knob_value(const KnobSpec& knob, std::string_view text);

// The value as a person would type it.
std::string knob_text(const KnobSpec& knob, double value);

// Handed out by Program::knob and cheap to copy; valid as long as the Program.
template <class T>
class Knob {
 public:
  explicit Knob(const std::atomic<double>& value) : value_(&value) {}

  T operator*() const {
    return KnobTraits<T>::from(value_->load(std::memory_order_relaxed));
  }

 private:
  const std::atomic<double>* value_;
};

}  // namespace lab
