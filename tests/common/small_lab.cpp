// A lab in which each thing that a lab may do happens once, for program_test.cpp: its scenes
// end in each way that a scene can.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>

#include "lab/core/program.hpp"
#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"

using namespace std::chrono_literals;
using lab::Story;

namespace {

constexpr lab::Claim kClaims[] = {{"99.1", "The first holds."},
                                  {"99.2", "The second may."}};

struct Knobs {
  lab::Program& program;
  lab::Knob<int> rate = program.knob("rate", 5, 1, 100, "req/s", "requests a second");
  lab::Knob<bool> twice = program.toggle("twice", false, "say it twice");
  lab::Knob<int> mode = program.choice("mode", {"ok", "slow"}, 0, "how it answers");
  lab::Knob<int> window = program.knob("window-of-the-average", 3, 1, 9, "s", "its span");
};

void holds(Story& story, const Knobs& knobs) {
  story.say("The rate is {}, twice is {}, mode {}, quick {}.", *knobs.rate, *knobs.twice,
            *knobs.mode, story.quick());
  lab::trace::instant("it happened");
  story.claim("99.1", true, "it does");
}

void fails(Story& story, const Knobs&) {
  story.claim("99.2", false, "it does not");
}

// In processes whose exit codes say nothing of claims.
void fails_then_holds(Story&, const Knobs&) {
  lab::Child::role("claimant", {"no"}).wait();
  lab::Child::role("claimant", {}).wait();
}

[[noreturn]] void wait_for_ever(Story& story) {
  story.say("Ready.");
  for (;;) pause();
}

void live(Story& story, const Knobs& knobs) {
  story.say("Ready.");
  int seen = *knobs.rate;
  for (; *knobs.mode != 0 || !lab::Program::stopped(); std::this_thread::sleep_for(1ms)) {
    if (*knobs.rate != seen) story.say("Turned to {}.", seen = *knobs.rate);
    if (*knobs.twice) return;
  }
  story.say("Stopped.");
}

int claimant(std::span<const std::string> args) {
  Story story(false, kClaims);
  story.claim("99.2", args.empty(), "{} words", args.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {"99", "small", "What may a lab do?", "Each once.", kClaims});
  lab.scene("holds", "A claim holds", holds);
  lab.scene("fails", "A claim fails", fails);
  lab.scene("both", "A claim fails and then holds", fails_then_holds);
  lab.scene("throws", "It breaks",
            [](Story&, const Knobs&) { throw std::runtime_error("on purpose"); });
  lab.scene("absent", "It lacks something", [](Story&, const Knobs&) {
    throw lab::Absent("nothing is there: install it");
  });
  lab.scene("killed", "It is killed", [](Story&, const Knobs&) { std::raise(SIGKILL); });
  lab.scene("exits", "It ends in the middle", [](Story&, const Knobs&) { _exit(3); });
  lab.scene("prints", "It prints", [](Story&, const Knobs&) {
    std::printf("printed\n");
    std::fprintf(stderr, "complained\n");
    std::printf("input: %d\n", std::getchar());
  });
  lab.scene("folder", "It has a folder", [](Story& story, const Knobs&) {
    story.say("In {}.", lab::run_dir().string());
  });
  lab.scene("starts", "It starts something", [](Story& story, const Knobs&) {
    const lab::Child child = lab::Child::run({"sleep", "600"});
    wait_for_ever(story);
  });
  lab.scene("waits", "It waits",
            [](Story& story, const Knobs&) { wait_for_ever(story); });
  lab.scene("floods", "It never stops telling", [](Story& story, const Knobs&) {
    for (;; std::this_thread::sleep_for(1ms)) story.say("More.");
  });
  lab.order("coin", "Heads and tails",
            [n = 0]() mutable { return n++ % 3 ? "a b" : "b a"; });
  lab.order("same", "Always the same", [] { return "c"; });
  lab.live(live);
  lab.role("claimant", claimant);
  lab.role("throws", [](auto) -> int { throw std::runtime_error("in a role"); });
  return lab.run();
}
