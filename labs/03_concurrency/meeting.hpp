// meeting.hpp: a server that answers nobody until everybody has asked.
//
// Who asks one after another waits for ever for the first answer; only who has all the
// questions under way at once gets any. So "concurrent" is shown without a clock.
//
// Threads   The server is a process; each client is one thread, the caller's.
// Errors    A missing answer is a result. What cannot be opened throws lab::Error.
#pragma once

#include <chrono>
#include <span>
#include <string>

namespace lab03 {

struct Attendance {
  int asked = 0;
  int answered = 0;
  int other_callbacks = 0;  // that the same thread ran while all but one had asked
  int threads = 0;          // of this process, meanwhile
  std::chrono::milliseconds wall{};
};

// All questions on one loop; the last is asked only after `other` callbacks of a timer.
Attendance ask_at_once(int questions, int other);

// The same with calls that wait for their answer. It gives up at the first that gets none.
Attendance ask_in_turn(int questions, std::chrono::milliseconds patience);

// The role "meeting": args are its listening socket and how many it waits for.
int meeting_main(std::span<const std::string> args);

}  // namespace lab03
