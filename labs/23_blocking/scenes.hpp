// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "lab/knob.hpp"
#include "lab/process.hpp"
#include "lab/story.hpp"
#include "lab/trace.hpp"
#include "watch.hpp"

namespace lab23 {

using lab::Knob;
using lab::Story;
using std::chrono::microseconds;
using std::chrono::milliseconds;

// The settings that a person may turn.
struct Dials {
  Knob<milliseconds> job;    // CPU time of `sum` in one go
  Knob<microseconds> slice;  // of a job that is cut
  Knob<milliseconds> limit;  // of the lag, above which requests are shed
  Knob<int> letters;         // of the text that the regular expressions get
};

SiteConfig site_config(const Story& story, const Dials& dials);

// Another process with the same site, for Cure::process.
class Service {
 public:
  explicit Service(const SiteConfig& config);
  std::uint16_t port() const { return port_; }

 private:
  int fds_[2];
  lab::Child child_;
  std::uint16_t port_ = 0;
};
int service_main(std::span<const std::string> args);  // the role "service"

// True if the loop's heart beat while it lasted.
bool was_free(const Seen& seen);
// True if it did not beat once, though another loop's did all the time.
bool was_blocked(const Seen& seen);

// offences.cpp: what blocks the loop, and what does not.
void offences(Story& story, const Dials& dials);
void cures(Story& story, const Dials& dials);
void slices(Story& story, const Dials& dials);

// others.cpp: those who wait meanwhile.
void others(Story& story, const Dials& dials);
void shed(Story& story, const Dials& dials);

// measure.cpp: what a blocked loop looks like to its own meters, and a regular expression
// to three engines.
void engines(Story& story, const Dials& dials);
void lag(Story& story);
void node(Story& story, const Dials& dials);

// live.cpp: offences that you turn on, and cures.
struct Load {
  Knob<int> offence;
  Knob<int> cure;
  Knob<int> offences;  // a second
  Knob<int> visits;    // a second
  Knob<bool> shed;     // 503 above the limit
};
void live(Story& story, const Dials& dials, const Load& load);

}  // namespace lab23
