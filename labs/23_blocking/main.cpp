// Lab 23: don't block the loop
//
// Question  Why must the loop never be blocked?
// Watch     While one request computes, nobody else is answered; cut up, everybody is.
// Run       ./lab run 23        ./lab run 23 --live
// Needs     libuv, RE2; two cores, or a worker has nowhere to work.

#include <csignal>

#include "lab/program.hpp"
#include "scenes.hpp"

using namespace lab23;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that has gone is a status, not the end
  lab::Program lab(argc, argv,
                   {.number = "23",
                    .name = "blocking",
                    .question = "Why must the loop never be blocked?",
                    .watch = "While one request computes, nobody else is answered."});
  const Dials dials{
      .job = lab.knob<milliseconds>("job", 200ms, 60ms, 5s, "ms",
                                    "CPU time of a job in one go"),
      .slice = lab.knob<microseconds>("slice", 5ms, 50us, 1s, "ms",
                                      "of a job that is cut (`slices`, live)"),
      .limit = lab.knob<milliseconds>("limit", 20ms, 5ms, 5s, "ms",
                                      "of the lag: above, 503 (`shed`, live)"),
      .letters = lab.knob("letters", 20, 10, 24, "",
                          "of the longest hostile text for std::regex")};
  const Load load{
      .offence = lab.choice("offence", {"sum", "regex", "json"}, 0, "live: the job"),
      .cure =
          lab.choice("cure", {"none", "ticks", "promises", "cut", "worker", "process"}, 0,
                     "live: how it is run"),
      .offences = lab.knob("offences", 1, 0, 10, "/s", "live: jobs"),
      .visits = lab.knob("visits", 100, 0, 1000, "/s", "live: others"),
      .shed = lab.toggle("shed", false, "live: 503 above the limit")};
  const auto scene = [&](const char* name, const char* title,
                         void (*play)(Story&, const Dials&)) {
    lab.scene(name, title, [=](Story& story) { play(story, dials); });
  };

  scene("offences", "Four offences, three cures each", offences);
  scene("others", "Who comes meanwhile", others);
  scene("cures", "One sum, seven ways", cures);
  scene("slices", "How long a slice", slices);
  scene("engines", "Three regular expression engines", engines);
  lab.scene("lag", "What the meter does not see", lag);
  scene("shed", "Saying no in time", shed);
  scene("node", "The scenes that Node plays too", node);
  lab.live([=](Story& story) { live(story, dials, load); });
  lab.role("service", service_main);
  return lab.run();
}
