// watch.hpp: one request that offends, seen from inside the loop and from outside.
//
//   this thread     a Site, and a timer of 5 ms on its loop: its heart
//   a thread apart  a loop of its own with the same heart, and the visitors
//
// The heart outside is the clock: "none, while another loop beat 20 times" holds on a busy
// machine too, where milliseconds mean little.
#pragma once

#include <chrono>
#include <list>
#include <string>

#include "client.hpp"
#include "lab/histogram.hpp"
#include "site.hpp"

namespace lab23 {

inline constexpr std::chrono::milliseconds kBeat{5};
inline constexpr int kPipeBeats = 16;  // after so many its writer fills the pipe

struct Plan {
  std::string offence{};        // asked for once, at the third beat; or nothing
  std::string visit = "/ping";  // asked for at each beat
  int visits = 1;               // each beat
  int beats = 0;                // of visits, if there is no offence
};

struct Seen {
  Answer offence;  // its answer
  std::list<Visit> visits;
  lab::Latency latency;                // of the visits
  std::chrono::nanoseconds connect{};  // the slowest
  int beats_outside = 0;               // of the other loop, while the offence lasted
  bool gave_up = false;                // not all was answered in time

  int beats = 0;       // of the site's loop, while the offence lasted
  double longest = 0;  // silence between two of them, as a part of the offence
  Visit::Time began{}, ended{};
  std::string strip;         // of the offence, from left to right: | where the heart beat
  std::uint64_t slices = 0;  // that were deferred
  std::uint64_t silent_slices = 0;  // the most of them between two beats
  std::uint64_t refused = 0;

  std::chrono::duration<double, std::milli> lasted() const { return ended - began; }
};

// Runs a Site on a loop of its own until the offence and all visits were answered.
Seen watch(const SiteConfig& config, const Plan& plan);

inline constexpr int kStrip = 30;  // letters of a strip
// Where in the strip of an offence a moment stands.
std::size_t place(Visit::Time at, Visit::Time began, Visit::Time ended,
                  int letters = kStrip);

}  // namespace lab23
