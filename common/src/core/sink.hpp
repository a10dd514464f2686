// sink.hpp: what the narrator's process does with the events: draw, print or store them.
#pragma once

#include <cstdint>
#include <string>

#include "core/record.hpp"

namespace lab {

// How a run ended.
struct RunEnd {
  int exit_code = 0;
  int killed_by = 0;     // the signal that ended the lab, 0 if none did
  bool stopped = false;  // because the person asked
  std::uint64_t claims = 0;
  std::uint64_t failed = 0;
  std::uint64_t events = 0;
  std::uint64_t dropped = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void event(const Record& record) = 0;
  // Called some ten times a second, whether or not there were events.
  virtual void tick(std::uint64_t nanoseconds) { static_cast<void>(nanoseconds); }
  // A knob was turned (or, if `refused` is not empty, was not) while the lab runs.
  virtual void knob(const std::string& name, const std::string& value,
                    const std::string& refused) = 0;
  virtual void end(const RunEnd& end) = 0;
};

}  // namespace lab
