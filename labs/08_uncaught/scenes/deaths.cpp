// deaths.cpp: how an error ends a process, in C++ and by Node's rules.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <stdexcept>
#include <thread>

#include "lab/core/trace.hpp"
#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "world/crash_report.hpp"
#include "world/programs.hpp"

namespace lab08 {

namespace {

constexpr int kChosenCode = 70;

void pay_twice() {
  throw std::runtime_error("paid twice");
}
// On a thread, where no frame above it could catch: main() has a try around it.
void throw_uncaught() {
  std::thread(pay_twice).join();
}

struct Death {
  const char* name;
  const char* actor;
  void (*die)();
  bool handled = false;
};

const Death kDeaths[] = {
    {"an exception nobody catches", "throws", throw_uncaught},
    {"the same, with a terminate handler", "throws, handler", throw_uncaught, true},
    {"SIGSEGV, with a terminate handler", "segfaults, handler",
     [] {
       std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would take it
       std::raise(SIGSEGV);
     },
     true},
    {"an error in a future that is dropped", "drops a future",
     [] { static_cast<void>(std::async(std::launch::async, pay_twice)); }},
};

std::string ended(const lab::Exit& exit) {
  return exit.signal ? fmt::format("SIG{}", sigabbrev_np(exit.signal))
                     : fmt::format("exit {}", exit.code);
}

}  // namespace

int death_main(std::span<const std::string> args) {
  if (args.size() != 2) return 2;
  const Death& death = kDeaths[std::stoul(args[0]) % std::size(kDeaths)];
  leave_no_core_file();
  if (death.handled) report_crashes(args[1], kChosenCode);
  death.die();
  return 0;
}

namespace {

// Something went from one to another, and is there.
void tell(const char* from, const char* to, const std::string& what) {
  lab::trace::flow_in(lab::trace::flow_out(what, {.lane = from}), what, {.lane = to});
}

std::vector<std::string> die(std::size_t number) {
  const Death& death = kDeaths[number];
  const std::string report = lab::run_dir() / fmt::format("crash-report-{}", number);
  auto child = lab::Child::role("death", {std::to_string(number), report});
  lab::trace::actor(death.actor, lab::trace::Actor::process, child.pid());
  tell("parent", death.actor, "starts");
  const std::string end = ended(child.wait());
  std::string line;
  std::getline(std::ifstream(report), line);
  if (!line.empty()) tell(death.actor, "report", line);
  tell(death.actor, "parent", end);
  lab::trace::state(death.actor, "dead");
  return {death.name, end, line};
}

}  // namespace

// Really dying, each time in a process of its own.
void deaths(Story& story, const Knobs&) {
  story.say(
      "Four C++ processes end because of an error. Only one of them gets to report it.");
  story.picture(lab::Picture::bars, {"Each in a process of its own"});
  lab::trace::actor("parent", lab::trace::Actor::client);
  lab::Table table{"Each in a process of its own", {"what happens", "end", "report"}, {}};
  for (std::size_t i = 0; i < std::size(kDeaths); ++i) table.rows.push_back(die(i));
  story.table(table);
  const auto& rows = table.rows;
  story.claim("08.1",
              rows[0][1] == "SIGABRT" &&
                  rows[1][1] == fmt::format("exit {}", kChosenCode) &&
                  rows[1][2] == "terminate: paid twice" && rows[2][1] == "SIGSEGV" &&
                  rows[2][2].empty(),
              "with a terminate handler the process ended with {} and left \"{}\" on "
              "disk. Control: without one it ended by {}",
              rows[1][1], rows[1][2], rows[0][1]);
  story.nuance(
      "08.1",
      "In C++ the handler must not return. In Node it may, and then the process goes on. "
      "A signal such as SIGSEGV is not an exception, so neither handler runs.");
  story.takeaway(
      "Use the last-resort handler only to write a log line. If nobody reads a failed "
      "future, the process ends with {} and logs nothing, so promises need a check of "
      "their own.",
      rows[3][1]);
}

namespace {

constexpr const char* kPrograms = "19 programs, by how they end";
using Results = std::map<std::string, std::string>;

// What program `number` prints, and how it ends. `on_start` is told its process.
std::string play(std::size_t number, const std::function<void(pid_t)>& on_start = {}) {
  auto child = lab::Child::role("program", {std::to_string(number)});
  if (on_start) on_start(child.pid());
  const lab::Exit& exit = child.wait();
  std::string printed = exit.out;
  while (!printed.empty() && printed.back() == '\n') printed.pop_back();
  for (std::size_t at; (at = printed.find('\n')) != std::string::npos;)
    printed.replace(at, 1, " ; ");
  return ended(exit) + (printed.empty() ? "" : " | " + printed);
}

Results play_all() {
  Results results;
  for (std::size_t i = 0; i < programs().size(); ++i)
    results[programs()[i].name] = play(i);
  return results;
}

// Plays one program by its name and draws its process.
std::string play_drawn(const std::string& name) {
  const auto is_it = [&](const Program& program) { return program.name == name; };
  const auto at = std::ranges::find_if(programs(), is_it) - programs().begin();
  const std::string result = play(static_cast<std::size_t>(at), [&](pid_t pid) {
    lab::trace::actor(name, lab::trace::Actor::process, pid);
    tell("parent", name.c_str(), "starts");
  });
  tell(name.c_str(), "parent", result);
  lab::trace::state(name, result.starts_with("exit 0") ? "caught" : "dead");
  return result;
}

// The programs below the way in which they end.
lab::Table by_their_end(Results& results) {
  lab::Table table{kPrograms, {"program", "which", "result"}, {}};
  for (const auto& [end, result] : {std::pair{"survives", "exit 0"},
                                    {"code 5", "exit 5"},
                                    {"code 1", "exit 1"},
                                    {"code 7", "exit 7"}}) {
    const std::size_t head = table.rows.size();
    table.rows.push_back({end, "", ""});
    for (const Program& program : programs()) {
      if (results[program.name].starts_with(result))
        table.rows.push_back({program.name, end, results[program.name]});
    }
    table.rows[head][2] =
        fmt::format("({} of {})", table.rows.size() - head - 1, programs().size());
  }
  return table;
}

}  // namespace

// Node's rules, each program in a process of its own. node.mjs runs the same ones,
// and a test compares.
void rules(Story& story, const Knobs&) {
  story.say(
      "19 small programs throw an error or reject a promise, each in its own process. "
      "Which of them survive?");
  story.picture(lab::Picture::tree, {kPrograms});
  Results result = play_all();
  story.table(by_their_end(result));
  const auto is = [&](const char* program, std::string_view expected) {
    return result[program] == expected;
  };
  story.claim(
      "08.5",
      is("a rejection", "exit 1") &&
          is("a rejection, unhandledRejection handler", "exit 0 | UR x ; still alive") &&
          is("a rejection, only uncaughtException handler",
             "exit 0 | UE x unhandledRejection ; still alive") &&
          is("a rejection, --unhandled-rejections=warn", "exit 0 | still alive"),
      "with a handler the process survived. Control: without a handler it ended with {}",
      result["a rejection"]);
  story.nuance("08.5",
               "Since Node 15 an unhandled rejection ends the process. It is raised as "
               "an uncaughtException. Node 14 only warned ({}).",
               result["a rejection, --unhandled-rejections=warn"]);
  story.takeaway("Without a handler, an error that nobody caught ends the process.");
}

void catching(Story& story, const Knobs&) {
  story.say(
      "The same error is thrown, with try/catch or .catch() in different places. Where "
      "is it caught?");
  story.picture(lab::Picture::bars, {"Where the error is caught"});
  lab::trace::actor("parent", lab::trace::Actor::client);
  Results result;
  lab::Table table{"Where the error is caught", {"program", "result"}, {}};
  for (const char* program :
       {"try around a timer", "try inside the timer",
        "try around an async call, not awaited", ".catch() in the same tick",
        ".catch() one setImmediate late"}) {
    table.rows.push_back({program, result[program] = play_drawn(program)});
  }
  for (const char* program : {".catch() in a microtask of a microtask",
                              ".catch() one setImmediate late, with handlers"}) {
    table.rows.push_back({program, result[program] = play_drawn(program)});
  }
  story.table(table);
  const auto is = [&](const char* program, std::string_view expected) {
    return result[program] == expected;
  };
  story.claim("08.6",
              is("try inside the timer", "exit 0 | caught") &&
                  is("try around a timer", "exit 1") &&
                  is("try around an async call, not awaited", "exit 1"),
              "try inside the callback: {}; around the timer: {}",
              result["try inside the timer"], result["try around a timer"]);
  story.nuance("08.6",
               "A try block catches only what is thrown while it is on the stack. If you "
               "do not await an async call, nobody handles its rejection ({}).",
               result["try around an async call, not awaited"]);
  story.claim("08.7",
              is(".catch() in the same tick", "exit 0 | handled") &&
                  is(".catch() in a microtask of a microtask", "exit 0 | handled") &&
                  is(".catch() one setImmediate late", "exit 1") &&
                  is(".catch() one setImmediate late, with handlers",
                     "exit 0 | UR ; handled ; RH"),
              "in the same tick: {}; one setImmediate late: {}",
              result[".catch() in the same tick"],
              result[".catch() one setImmediate late"]);
  story.nuance(
      "08.7",
      "Node looks for unhandled rejections after each callback. Ticks and microtasks are "
      "done by then. With handlers installed, a late .catch() is reported as well ({}).",
      result[".catch() one setImmediate late, with handlers"]);
  story.takeaway(
      "Catch an error inside the callback, or on the promise before the microtask queue "
      "has drained.");
}

}  // namespace lab08
