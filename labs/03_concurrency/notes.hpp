// notes.hpp: operations that were started on one loop, and what has become of each.
//
// Lifetime  Must outlive the loop: a callback that is still to come writes here.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <set>
#include <string>
#include <string_view>

#include "async.hpp"
#include "lab/proc.hpp"

namespace lab03 {

struct Note {
  std::string name;
  std::chrono::nanoseconds call_took{};  // until the call that started it returned
  bool done_in_call = false;             // its callback came before that
  bool done = false;
  int status = 0;
  int thread = 0;  // that ran its callback
};

class Notes {
 public:
  std::function<void(const Note&)> on_start, on_done;

  // `start` makes the asynchronous call, and passes on what shall be called back.
  void start(std::string name, const std::function<void(Done)>& start) {
    Note& note = all_.emplace_back(Note{.name = std::move(name)});
    if (on_start) on_start(note);
    const auto before = std::chrono::steady_clock::now();
    start([this, &note](int status) {
      note.done = true;
      note.status = status;
      note.thread = lab::thread_id();
      if (on_done) on_done(note);
    });
    note.call_took = std::chrono::steady_clock::now() - before;
    note.done_in_call = note.done;
  }

  const std::list<Note>& all() const { return all_; }

  bool done(std::string_view name) const {
    for (const Note& note : all_) {
      if (note.name == name) return note.done;
    }
    return false;
  }
  bool all_done() const {
    for (const Note& note : all_) {
      if (!note.done) return false;
    }
    return true;
  }
  std::set<int> threads() const {  // that ran callbacks
    std::set<int> threads;
    for (const Note& note : all_) {
      if (note.done) threads.insert(note.thread);
    }
    return threads;
  }

 private:
  std::list<Note> all_;
};

// Runs the loop until `so` is true; false if it is not within ten seconds.
inline bool run_until(Loop& loop, const std::function<bool()>& so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  lab::uv::Timer look(loop);
  look.start(
      std::chrono::milliseconds(0),
      [&] {
        if (so() || std::chrono::steady_clock::now() > deadline) loop.stop();
      },
      std::chrono::milliseconds(1));
  loop.run();
  return so();
}

}  // namespace lab03
