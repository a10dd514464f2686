// recovery.cpp: how to start again.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "world/asking.hpp"
#include "world/service.hpp"

namespace lab08 {

using lab::uv::RestartPolicy;
using lab::uv::Supervisor;
using lab::uv::SupervisorObservers;

using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

// What the supervisor decides, in the trace. The service's own process tells the rest.
SupervisorObservers drawn(const std::string& name) {
  return {.on_start =
              [name](pid_t pid, lab::Where where) {
                lab::trace::actor(name, lab::trace::Actor::service, pid, where);
                lab::trace::state(name, "running", 0, where);
              },
          .on_death = [name](auto&,
                             auto where) { lab::trace::state(name, "dead", 0, where); },
          .on_wait = [name](auto,
                            auto where) { lab::trace::state(name, "waiting", 0, where); },
          .on_give_up =
              [name](auto where) { lab::trace::state(name, "given up", 0, where); }};
}

struct Count {
  pid_t pid = 0;
  int n = 0;
};

Count count(lab::uv::Loop& loop, std::uint16_t port) {
  Count seen;
  std::istringstream(ask(loop, port, "/count")) >> seen.pid >> seen.n;
  return seen;
}

enum class Uploads { go_on, stall };

constexpr const char* kTheirs = ": uploads";  // their strip stands under the service's

struct Crashed {
  std::string name;
  Count before{}, after{};
  Words uploads{};
  std::string log{};
  Clock::duration gap{};
  int exit = -1;  // -1: it did not end

  bool same_process() const { return before.pid == after.pid; }
};

// Two uploads are under way, and a request crashes. The uploads send their rest only then,
// and so no clock decides who is late. Then the service is asked once more.
Crashed crash(std::string name, OnError on_error, Uploads uploads = Uploads::go_on,
              milliseconds deadline = 60s) {
  Crashed seen{.name = std::move(name)};
  const std::string log = lab::run_dir() / (seen.name + ".log");
  std::filesystem::remove(log);
  lab::uv::Loop loop;
  const lab::Descriptor listener = lab::loopback::listen();
  const std::uint16_t port = lab::loopback::port_of(listener);
  SupervisorObservers observers = drawn(seen.name);
  observers.on_death = [&, tell = observers.on_death](const lab::Exit& exit, auto where) {
    seen.exit = exit.code;
    tell(exit, where);
  };
  const Supervisor supervisor(
      loop, service(listener, {seen.name, on_error, log, deadline}), {}, observers);
  count(loop, port);
  const std::string uploads_lane = seen.name + kTheirs;
  Upload one(port), two(port);
  lab::trace::state(uploads_lane, "waiting, half sent");
  seen.before = count(loop, port);  // by now it has read the uploads: it accepts in turn
  ask(loop, port, "/crash");
  const auto crashed = Clock::now();
  for (Upload* each : {&one, &two}) {
    if (uploads == Uploads::go_on) each->send_the_rest();
  }
  seen.uploads = {one.result(), two.result()};
  const bool alike = seen.uploads[0] == seen.uploads[1];
  lab::trace::state(uploads_lane, alike ? "both " + seen.uploads[0] : "one lost");
  seen.after = count(loop, port);
  seen.gap = Clock::now() - crashed;
  std::getline(std::ifstream(log), seen.log);
  return seen;
}

std::string ask_one_that_nobody_restarts() {
  lab::uv::Loop loop;
  lab::Descriptor listener = lab::loopback::listen();
  const std::uint16_t port = lab::loopback::port_of(listener);
  bool given_up = false;
  const Supervisor supervisor(loop, service(listener, {.name = "not supervised"}),
                              {.most = 0},
                              {.on_give_up = [&](auto) { given_up = true; }});
  ask(loop, port, "/crash");
  while (!given_up) loop.run(UV_RUN_ONCE);
  listener.reset();
  return ask(loop, port, "/count");
}

Words row(const Crashed& one) {
  return {one.name, fmt::format("{}", fmt::join(one.uploads, ", ")),
          one.same_process() ? "the same" : "a new one",
          fmt::format("{} > {}", one.before.n, one.after.n),
          one.exit < 0 ? "-" : std::to_string(one.exit)};
}

}  // namespace

void restart(Story& story, const Knobs&) {
  story.say(
      "Two uploads are half done when another request crashes the service. What happens "
      "to the uploads depends on the handler. In the last run they never send the rest.");
  story.picture(lab::Picture::strips,
                {"swallows", "swallows: uploads", "exits at once",
                 "exits at once: uploads", "drains", "drains: uploads",
                 "drains to a deadline", "drains to a deadline: uploads"});
  const Crashed swallows = crash("swallows", OnError::go_on);
  const Crashed exits = crash("exits at once", OnError::exit);
  const Crashed drains = crash("drains", OnError::drain);
  const Crashed stalled =
      crash("drains to a deadline", OnError::drain, Uploads::stall, 100ms);
  const std::string alone = ask_one_that_nobody_restarts();
  story.table({"Two uploads, a crash, and one more request",
               {"the handler", "uploads", "process", "its counter", "exit"},
               {row(swallows), row(exits), row(drains), row(stalled)}});
  const Words done{"done", "done"}, lost{"lost", "lost"};
  story.claim("08.2",
              drains.log == fmt::format("{} uncaught: the service was told to crash",
                                        drains.before.pid) &&
                  drains.uploads == done && drains.exit == 1 && !drains.same_process() &&
                  drains.after.n == 1 && stalled.uploads == lost && stalled.exit == 1 &&
                  exits.uploads == lost && exits.exit == 1 && swallows.same_process() &&
                  swallows.after.n == swallows.before.n + 1,
              "the handler logged \"{}\", both uploads finished, and a new process "
              "counted from {}. Control: an immediate exit lost both uploads. The "
              "process that swallowed the error went on with {}",
              drains.log, drains.after.n, swallows.after.n);
  story.nuance(
      "08.2",
      "Draining trusts the state a little longer. If that is a risk, exit at once.");
  story.claim("08.3", !exits.same_process() && exits.after.n == 1 && alone == "refused",
              "process {} died, and process {} answered {} after the crash. Control: "
              "without a supervisor the request was {}",
              exits.before.pid, exits.after.pid, lab::text::time(exits.gap), alone);
  story.nuance("08.3",
               "Here the supervisor holds the listening socket. So no request was "
               "refused. Under PM2 the app holds the socket.");
  story.takeaway("Log, stop accepting, drain within a deadline, exit with 1.");
}

namespace {

struct Doomed {
  int starts = 0;
  bool given_up = false;
  Words waits{};
};

Doomed doom(const std::string& name, RestartPolicy policy, int enough) {
  Doomed seen;
  lab::uv::Loop loop;
  SupervisorObservers observers = drawn(name);
  observers.on_wait = [&, tell = observers.on_wait](milliseconds wait, auto where) {
    seen.waits.push_back(fmt::format("{} ms", wait.count()));
    tell(wait, where);
  };
  observers.on_give_up = [&, tell = observers.on_give_up](auto where) {
    seen.given_up = true;
    tell(where);
  };
  const Supervisor supervisor(loop, {.role = "doomed"}, policy, observers);
  while (!seen.given_up && supervisor.starts() < enough) loop.run(UV_RUN_ONCE);
  seen.starts = supervisor.starts();
  seen.waits.push_back(seen.given_up ? "given up" : "...");
  return seen;
}

// "10 ms > 20 ms > 40 ms > 50 ms, 47 times > given up"
std::string in_a_row(const Words& waits) {
  Words told;
  for (auto at = waits.begin(); at != waits.end();) {
    const auto end = std::find_if(at, waits.end(), [&](auto& one) { return one != *at; });
    const auto times = end - at;
    told.push_back(times == 1 ? *at : fmt::format("{}, {} times", *at, times));
    at = end;
  }
  return fmt::format("{}", fmt::join(told, " > "));
}

}  // namespace

void crash_loop(Story& story, const Knobs& knobs) {
  story.say(
      "A service crashes whenever it starts. One supervisor waits longer each time and "
      "gives up after {} restarts. The other has no limit.",
      *knobs.restarts);
  story.picture(lab::Picture::machine, {"with a limit", "without a limit"});
  const Doomed limited =
      doom("with a limit",
           {.most = *knobs.restarts, .period = 60s, .first = 10ms, .longest = 50ms}, 100);
  const Doomed endless = doom(
      "without a limit", {.most = 1'000'000, .period = 60s, .first = 1ms, .longest = 1ms},
      *knobs.restarts + 5);
  story.table(
      {"It exits with 1 as soon as it starts",
       {"supervisor", "starts", "waits"},
       {{fmt::format("{} restarts a minute, 10 ms doubled to 50 ms", *knobs.restarts),
         std::to_string(limited.starts), in_a_row(limited.waits)},
        {"no limit, 1 ms", std::to_string(endless.starts), in_a_row(endless.waits)}}});
  story.claim(
      "08.3",
      limited.given_up && limited.starts == *knobs.restarts + 1 && !endless.given_up,
      "the supervisor gave up after {} starts. Control: without a limit the service had "
      "been started {} times when we stopped",
      limited.starts, endless.starts);
  story.takeaway(
      "Wait longer after each crash, and give up after a few. An endless restart loop "
      "hides the fact that nothing works.");
}

}  // namespace lab08
