// program.hpp: a lab as a program: its flags, its scenes, and who watches them.
//
//   run() --> a child process plays the scenes and emits events
//         \-> this process draws them, and cleans up however the child ends
//
// Errors    run() answers the exit code: 0 all claims held, 1 a claim failed or the lab
//           broke, 2 bad usage, 77 something it needs is absent, 128+n killed by signal
//           n.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "lab/core/knob.hpp"
#include "lab/core/story.hpp"

namespace lab {

struct About {
  std::string_view number;          // "05"
  std::string_view name;            // "backpressure"
  std::string_view question;        // as an interviewer asks it
  std::string_view watch;           // the one thing to look at
  std::span<const Claim> claims{};  // what the lab proves, each once
};

class Program {
 public:
  using Scene = std::function<void(Story&)>;
  using Order = std::function<std::string()>;
  using Role = std::function<int(std::span<const std::string> args)>;

  Program(int argc, char** argv, About about);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // A knob with a number or a chrono duration in it (durations are in milliseconds).
  template <class T>
  Knob<T> knob(std::string name, T initial, T least, T most, std::string unit,
               std::string help) {
    using Traits = KnobTraits<T>;
    return Knob<T>(add_knob({.name = std::move(name),
                             .help = std::move(help),
                             .unit = std::move(unit),
                             .initial = Traits::to(initial),
                             .least = Traits::to(least),
                             .most = Traits::to(most),
                             .whole = Traits::whole}));
  }
  Knob<bool> toggle(std::string name, bool initial, std::string help);
  Knob<int> choice(std::string name, std::vector<std::string> choices, int initial,
                   std::string help);

  // The scenes are played in the order in which they are added.
  void scene(std::string name, std::string title, Scene play,
             Where where = {__builtin_FILE(), __builtin_LINE()});

  // Something whose order may differ from run to run: play it once, answer the order that
  // occurred. Not part of a normal run; `--times N` repeats it and counts the orders.
  void order(std::string name, std::string title, Order play);

  // What `--live` plays until it is stopped: return when stopped() says so.
  void live(Scene play);

  // A part that the lab plays in a process of its own: see Child::role in process.hpp.
  void role(std::string name, Role play);

  bool quick() const;
  static bool stopped();  // true once Ctrl-C or SIGTERM asked a live lab to end

  int run();

 private:
  const std::atomic<double>& add_knob(KnobSpec spec);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A program whose scenes all get the lab's knobs. A lab has one type for them:
//
//   struct Knobs {
//     lab::Program& program;
//     lab::Knob<int> size = program.knob("size", 4, 1, 64, "", "connections in the pool");
//   };
template <class Knobs>
class Lab : public Program {
 public:
  using Play = void (*)(Story&, const Knobs&);

  Lab(int argc, char** argv, About about) : Program(argc, argv, about) {}

  void scene(std::string name, std::string title, Play play,
             Where where = {__builtin_FILE(), __builtin_LINE()}) {
    Program::scene(
        std::move(name), std::move(title),
        [this, play](Story& story) { play(story, knobs_); }, where);
  }
  void live(Play play) {
    Program::live([this, play](Story& story) { play(story, knobs_); });
  }
  const Knobs& knobs() const { return knobs_; }

 private:
  const Knobs knobs_{*this};
};

// Something that the lab needs is not there: exit 77, with the line that installs it.
class Absent : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace lab
