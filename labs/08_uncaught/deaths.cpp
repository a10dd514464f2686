// deaths.cpp: how an error ends a process, in C++ and by Node's rules, and what it leaves in
// one that goes on.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <future>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "bank.hpp"
#include "crash_report.hpp"
#include "lab/process.hpp"
#include "lab/run_dir.hpp"
#include "programs.hpp"
#include "scenes.hpp"

namespace lab08 {

// Not in the unnamed namespace: the crash report shall find its name.
[[gnu::noinline]] void pay_twice() {
  throw std::runtime_error("paid twice");
}

namespace {

constexpr int kChosenCode = 70;
enum class Report { none, exits, aborts };

// On a thread, which has nobody above it who could catch: main() has, in this program.
void throw_uncaught() {
  std::thread(pay_twice).join();
}

struct Death {
  const char* name;
  void (*die)();
  Report report = Report::none;
};

const Death kDeaths[] = {
    {"an exception nobody catches", throw_uncaught},
    {"the same, with a terminate handler", throw_uncaught, Report::exits},
    {"a terminate handler that only reports", throw_uncaught, Report::aborts},
    {"an exception out of noexcept", [] { []() noexcept { pay_twice(); }(); }},
    {"SIGSEGV",
     [] {
       std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would take it
       std::raise(SIGSEGV);
     }},
    {"an error in a future that is dropped",
     [] { static_cast<void>(std::async(std::launch::async, pay_twice)); }},
};

std::string ended(const lab::Exit& exit) {
  return exit.signal ? fmt::format("SIG{}", sigabbrev_np(exit.signal))
                     : fmt::format("exit {}", exit.code);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream all;
  all << std::ifstream(path).rdbuf();
  return all.str();
}

}  // namespace

int death_main(std::span<const std::string> args) {
  if (args.size() != 2) return 2;
  const Death& death = kDeaths[std::stoul(args[0]) % std::size(kDeaths)];
  leave_no_core_file();
  if (death.report == Report::exits) report_crashes(args[1], kChosenCode);
  if (death.report == Report::aborts) report_crashes(args[1], std::nullopt);
  death.die();
  return 0;
}

// Step 5: dying, really, each in a process of its own.
void deaths(Story& story) {
  const std::string report = lab::run_dir() / "crash-report";
  std::map<std::string, lab::Exit> exits;
  std::map<std::string, std::string> reports;
  lab::Table table{"Each in a process of its own", {"what happens", "end", "report"}, {}};
  for (std::size_t i = 0; i < std::size(kDeaths); ++i) {
    std::filesystem::remove(report);
    auto child = lab::Child::role("death", {std::to_string(i), report});
    const auto& exit = exits[kDeaths[i].name] = child.wait();
    const std::string& told = reports[kDeaths[i].name] = read(report);
    table.rows.push_back({kDeaths[i].name, ended(exit), first_line(told)});
  }
  story.table(table);
  const lab::Exit& plain = exits["an exception nobody catches"];
  const lab::Exit& handled = exits["the same, with a terminate handler"];
  const lab::Exit& observed = exits["a terminate handler that only reports"];
  const std::string& told = reports["the same, with a terminate handler"];
  const bool names_the_thrower = told.find("pay_twice") != std::string::npos;
  story.claim(
      "08.1", "A process-level handler can catch an exception nobody caught",
      plain.signal == SIGABRT && handled.code == kChosenCode && names_the_thrower &&
          observed.signal == SIGABRT && told == reports[kDeaths[2].name] &&
          exits["an exception out of noexcept"].signal == SIGABRT,
      "without a terminate handler: {}. With one: {}, and on disk \"{}\", with a "
      "stack that names who threw: {}. One that only reports leaves the end as it is: {}",
      ended(plain), ended(handled), first_line(told),
      names_the_thrower ? "pay_twice()" : "nobody", ended(observed));
  story.nuance(
      "08.1",
      "in C++ the handler must not return: the process ends. Node's may, and then "
      "it goes on. A signal such as SIGSEGV is no exception: no handler of either "
      "kind sees it");
  const lab::Exit& dropped = exits["an error in a future that is dropped"];
  story.claim("08.5", "A handler exists for unhandled rejections",
              dropped.ok() && dropped.out.empty() && dropped.err.empty(),
              "why one must: an error in a future that nobody asks ends with {}, and not "
              "a word. A promise needs somebody who notices (the next scene)",
              ended(dropped));
}

namespace {

using Results = std::map<std::string, std::string>;

Results play_all(lab::Table& table) {
  Results results;
  for (std::size_t i = 0; i < programs().size(); ++i) {
    auto child = lab::Child::role("program", {std::to_string(i)});
    const lab::Exit& exit = child.wait();
    std::string printed = exit.out;
    while (!printed.empty() && printed.back() == '\n') printed.pop_back();
    for (std::size_t at; (at = printed.find('\n')) != std::string::npos;)
      printed.replace(at, 1, " ; ");
    std::string& result = results[programs()[i].name] = ended(exit);
    if (!printed.empty()) result += " | " + printed;
    table.rows.push_back({programs()[i].name, result});
  }
  return results;
}

}  // namespace

// Step 6: Node's rules, each program in a process of its own. node.mjs runs the same ones,
// and a test compares.
void rules(Story& story) {
  lab::Table table{"A program, and how it ends", {"program", "result"}, {}};
  Results result = play_all(table);
  story.table(table);
  const auto is = [&](const char* program, std::string_view expected) {
    return result[program] == expected;
  };
  story.claim(
      "08.5", "A handler exists for unhandled rejections",
      is("a rejection", "exit 1") &&
          is("a rejection, unhandledRejection handler", "exit 0 | UR x ; still alive") &&
          is("a rejection, only uncaughtException handler",
             "exit 0 | UE x unhandledRejection ; still alive") &&
          is("a rejection, --unhandled-rejections=warn", "exit 0 | still alive"),
      "with one: {}. Control, without: {}",
      result["a rejection, unhandledRejection handler"], result["a rejection"]);
  story.nuance(
      "08.5",
      "since Node 15 a rejection that nobody handles ends the process, by way of "
      "uncaughtException with the origin unhandledRejection. Before, it was a "
      "warning ({})",
      result["a rejection, --unhandled-rejections=warn"]);
  story.claim(
      "08.6", "Always use try/catch",
      is("try inside the timer", "exit 0 | caught") &&
          is("try around a timer", "exit 1") &&
          is("try around an async call, not awaited", "exit 1"),
      "inside the callback: {}. Control, around the call that starts the timer: {}",
      result["try inside the timer"], result["try around a timer"]);
  story.nuance(
      "08.6",
      "a try catches what is thrown while it is on the stack. A callback runs "
      "later, from the loop; an async call that is not awaited rejects a promise "
      "that nobody holds ({})",
      result["try around an async call, not awaited"]);
  story.claim("08.7", "And .catch() on promises",
              is(".catch() in the same tick", "exit 0 | handled") &&
                  is(".catch() in a microtask of a microtask", "exit 0 | handled") &&
                  is(".catch() one setImmediate late", "exit 1") &&
                  is(".catch() one setImmediate late, with handlers",
                     "exit 0 | UR ; handled ; RH"),
              "attached in the same turn: {}. Control, one setImmediate later: {}",
              result[".catch() in the same tick"],
              result[".catch() one setImmediate late"]);
  story.nuance("08.7",
               "the question is asked at the end of the turn, once ticks and microtasks "
               "are done. With handlers, too late is told as well: {}",
               result[".catch() one setImmediate late, with handlers"]);
}

namespace {

struct Left {
  int sum = 0;
  bool locked = false;
  bool accepted = false;  // the transfer after the failed one
};

Left swallow(Care care) {
  Runtime node;
  Bank bank(node, care);
  node.on_uncaught = [](const Error&, Origin) {};
  Left left;
  node.run([&] {
    bank.transfer(30, true);
    node.set_timeout([&] { left.accepted = bank.transfer(10); }, 20);
  });
  left.sum = bank.sum();
  left.locked = bank.locked();
  return left;
}

std::string told(const Left& left) {
  return fmt::format("{} ; {} {}", left.accepted ? "accepted" : "refused", left.sum,
                     left.locked ? "locked" : "free");
}

}  // namespace

// Step 11: why not to go on. The exception was caught, and what it left was not mended.
void state(Story& story) {
  const Left careless = swallow(Care::careless);
  const Left careful = swallow(Care::careful);
  story.table(
      {"100 + 100, a transfer of 30 fails, the handler swallows that",
       {"transfer", "the next one ; sum and lock"},
       {{"careless, swallowed", told(careless)}, {"careful, swallowed", told(careful)}}});
  story.claim(
      "08.4", "State may be corrupt afterwards",
      careless.sum == 170 && careless.locked && !careless.accepted &&
          careful.sum == 200 && !careful.locked && careful.accepted,
      "A + B is {} instead of 200, the lock is {}, and the next transfer was {}. "
      "Control, a transfer that writes last and whose lock goes with its owner: {}",
      careless.sum, careless.locked ? "held" : "free",
      careless.accepted ? "accepted" : "refused", told(careful));
}

}  // namespace lab08
