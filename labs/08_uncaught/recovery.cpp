// recovery.cpp: how to begin anew.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <vector>

#include "lab/loopback.hpp"
#include "lab/run_dir.hpp"
#include "lab/trace.hpp"
#include "scenes.hpp"
#include "service.hpp"
#include "supervisor.hpp"

namespace lab08 {

using namespace std::chrono_literals;

namespace {

using Answers = std::vector<std::string>;

// One request on a connection of its own. Answers what came until the end of the
// connection, "refused" if there was no connection at all.
class Ask {
 public:
  Ask(lab::uv::Loop& loop, std::uint16_t port, std::string line,
      std::function<void(std::string)> on_end)
      : tcp_(loop),
        patience_(loop),
        line_(std::move(line) + "\n"),
        on_end_(std::move(on_end)) {
    patience_.start(20s, [this] { on_end_("no answer in 20 s"); });
    tcp_.connect(port, [this](int status) {
      if (status < 0) return on_end_("refused");
      tcp_.write(line_, [](int) {});
      tcp_.read_start([this](std::string_view bytes, int result) {
        answer_ += bytes;
        if (result == 0) return;
        while (answer_.ends_with('\n')) answer_.pop_back();
        on_end_(answer_.empty() ? "lost" : answer_);
      });
    });
  }
  void more() {
    tcp_.write("go\n", [](int) {});
  }

 private:
  lab::uv::Tcp tcp_;
  lab::uv::Timer patience_;
  std::string line_, answer_;
  std::function<void(std::string)> on_end_;
};

std::string ask(lab::uv::Loop& loop, std::uint16_t port, const std::string& line) {
  std::string answer;
  const Ask one(loop, port, line, [&](std::string got) {
    answer = std::move(got);
    loop.stop();
  });
  while (answer.empty()) loop.run();
  return answer;
}

Answers lines_of(const std::string& path) {
  Answers lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

struct Count {
  pid_t pid = 0;
  int n = 0;
};

Count count(lab::uv::Loop& loop, std::uint16_t port) {
  Count seen;
  std::istringstream(ask(loop, port, "count")) >> seen.pid >> seen.n;
  return seen;
}

struct Restarted {
  Count before, after;
  int starts = 0;
  std::chrono::duration<double, std::milli> gap{};
  Answers log;
};

// Three requests, the crash, and a request at once, which finds nobody there.
Restarted crash_and_ask(OnError on_error) {
  const std::string log =
      lab::run_dir() / fmt::format("service-{}.log", static_cast<int>(on_error));
  std::filesystem::remove(log);
  lab::uv::Loop loop;
  const lab::Descriptor listener = lab::loopback::listen();
  const std::uint16_t port = lab::loopback::port_of(listener);
  const Supervisor supervisor(
      loop,
      {.role = "service",
       .args = {std::to_string(listener.get()),
                std::to_string(static_cast<int>(on_error)), log, "500"},
       .inherit = {listener.get()}},
      {});
  Restarted seen;
  for (int i = 0; i < 3; ++i) seen.before = count(loop, port);
  ask(loop, port, "crash");
  const auto crashed = Clock::now();
  seen.after = count(loop, port);
  seen.gap = Clock::now() - crashed;
  seen.starts = supervisor.starts();
  seen.log = lines_of(log);
  return seen;
}

std::string ask_one_that_is_dead() {
  lab::uv::Loop loop;
  std::uint16_t port = 0;
  std::optional<lab::Child> alone;
  {
    const lab::Descriptor listener = lab::loopback::listen();
    port = lab::loopback::port_of(listener);
    alone.emplace(lab::Child::role(
        "service",
        {std::to_string(listener.get()), "0", lab::run_dir() / "alone.log", "500"},
        {.deadline = 20s, .inherit = {listener.get()}}));
  }
  ask(loop, port, "crash");
  alone->wait();
  return ask(loop, port, "count");
}

}  // namespace

void restart(Story& story) {
  const Restarted anew = crash_and_ask(OnError::exit);
  const Restarted on = crash_and_ask(OnError::go_on);
  const std::string without = ask_one_that_is_dead();
  const auto row = [](const char* what, const Restarted& one) {
    return std::vector<std::string>{
        what, std::to_string(one.starts),
        one.before.pid == one.after.pid ? "the same" : "a new one",
        fmt::format("{} > {}", one.before.n, one.after.n)};
  };
  story.table({"Three requests, a crash, one request",
               {"the handler", "starts", "process", "its counter"},
               {row("logs and exits, supervised", anew), row("swallows", on)}});
  story.claim("08.2", "Log, then restart the process",
              anew.log.size() == 1 &&
                  anew.log[0] == fmt::format("{} uncaught: the service was told to crash",
                                             anew.before.pid) &&
                  anew.before.n == 3 && anew.after.n == 1 &&
                  anew.after.pid != anew.before.pid && on.after.n == 4,
              "on disk: \"{}\". The counter stood at {}, and in the new process at {}. "
              "Control, swallowed: the old process goes on at {}",
              anew.log.empty() ? "" : anew.log[0], anew.before.n, anew.after.n,
              on.after.n);
  story.claim(
      "08.3", "A process manager such as PM2 does the restarting",
      anew.starts == 2 && anew.after.pid != anew.before.pid && without == "refused",
      "process {} died, process {} answered {:.0f} ms after the crash, restarts {}. "
      "Control, nobody supervises: {}",
      anew.before.pid, anew.after.pid, anew.gap.count(), anew.starts - 1, without);
  story.nuance(
      "08.3",
      "the request that came in between was not refused: the supervisor holds the "
      "listening socket, as systemd can. PM2's app opens its own, and refuses "
      "until it is back");
}

namespace {

struct Doomed {
  int starts = 0;
  bool given_up = false;
  Answers waits{};
};

Doomed doom(RestartPolicy policy, int enough) {
  Doomed seen;
  lab::uv::Loop loop;
  const Supervisor supervisor(
      loop, {.role = "doomed"}, policy,
      {.on_wait =
           [&](milliseconds wait) {
             seen.waits.push_back(fmt::format("{} ms", wait.count()));
           },
       .on_give_up = [&] { seen.given_up = true; }});
  while (!seen.given_up && supervisor.starts() < enough) loop.run(UV_RUN_ONCE);
  seen.starts = supervisor.starts();
  seen.waits.push_back(seen.given_up ? "given up" : "...");
  return seen;
}

// "10 ms > 20 ms > 40 ms > 50 ms, 47 times > given up"
std::string in_a_row(const Answers& waits) {
  Answers told;
  for (auto at = waits.begin(); at != waits.end();) {
    const auto end = std::find_if(at, waits.end(), [&](auto& one) { return one != *at; });
    const auto times = end - at;
    told.push_back(times == 1 ? *at : fmt::format("{}, {} times", *at, times));
    at = end;
  }
  return fmt::format("{}", fmt::join(told, " > "));
}

}  // namespace

void crash_loop(Story& story, lab::Knob<int> restarts) {
  const Doomed limited =
      doom({.most = *restarts, .period = 60'000ms, .first = 10ms, .longest = 50ms}, 100);
  const Doomed endless =
      doom({.most = 1'000'000, .period = 60'000ms, .first = 1ms, .longest = 1ms},
           *restarts + 5);
  const auto row = [](std::string what, const Doomed& one, const std::string& waits) {
    return std::vector<std::string>{std::move(what), std::to_string(one.starts), waits};
  };
  story.table(
      {"It exits with 1 as soon as it starts",
       {"supervisor", "starts", "waits"},
       {row(fmt::format("{} restarts a minute, 10 ms doubled to 50 ms", *restarts),
            limited, in_a_row(limited.waits)),
        row("no limit, 1 ms", endless, "1 ms, each time")}});
  story.claim("08.3", "A process manager such as PM2 does the restarting",
              limited.given_up && limited.starts == *restarts + 1 && !endless.given_up,
              "a service that dies at once was given up after {} starts. Control, no "
              "limit: {} starts, and no end",
              limited.starts, endless.starts);
}

namespace {

struct Drained {
  std::map<std::string, Answers> answers;
  std::string late;
  lab::Exit exit;
};

// `lines` are under way when it crashes; one comes after. Those that work go on only then,
// and so no clock decides who is late.
Drained crash_under_way(OnError on_error, milliseconds deadline,
                        const std::vector<std::string>& lines) {
  Drained seen;
  lab::uv::Loop loop;
  std::optional<lab::Descriptor> listener(lab::loopback::listen());
  const std::uint16_t port = lab::loopback::port_of(*listener);
  auto service = lab::Child::role(
      "service",
      {std::to_string(listener->get()), std::to_string(static_cast<int>(on_error)),
       lab::run_dir() / "drain.log", std::to_string(deadline.count())},
      {.deadline = 20s, .inherit = {listener->get()}});
  lab::trace::state("service", "running");
  listener.reset();
  count(loop, port);
  std::vector<std::unique_ptr<Ask>> asked;
  std::size_t ended = 0;
  const auto begin = [&](const std::string& line) {
    asked.push_back(std::make_unique<Ask>(loop, port, line, [&, line](std::string got) {
      seen.answers[line].push_back(std::move(got));
      ++ended;
      loop.stop();
    }));
  };
  for (const std::string& line : lines) begin(line);
  count(loop, port);  // by now it has read the others: it accepts in turn
  ask(loop, port, "crash");
  if (on_error == OnError::drain) seen.late = ask(loop, port, "count");
  if (on_error == OnError::drain && !seen.answers.contains("hang")) {
    for (const auto& one : asked) one->more();
  }
  while (ended < asked.size()) loop.run();
  seen.exit = service.wait();
  lab::trace::state("service", "dead");
  return seen;
}

}  // namespace

void drain(Story& story) {
  // A deadline beyond the patience of whoever waits for its end: it must not need it.
  const Drained worked = crash_under_way(OnError::drain, 60s, {"work", "work"});
  const Drained hung = crash_under_way(OnError::drain, 500ms, {"hang"});
  const Drained cut = crash_under_way(OnError::exit, 60s, {"hang", "work", "work"});
  const auto row = [](const char* what, const Drained& works, const Drained& hangs) {
    return std::vector<std::string>{
        what, fmt::format("{}", fmt::join(works.answers.at("work"), ", ")),
        hangs.answers.at("hang").at(0), works.late.empty() ? "-" : works.late,
        std::to_string(hangs.exit.code)};
  };
  story.table(
      {"Two requests that work, or one that hangs, are under way",
       {"the handler", "work", "hang", "who comes then", "exit"},
       {row("drains, with a deadline", worked, hung), row("exits at once", cut, cut)}});
  const Answers done{"done", "done"}, lost{"lost", "lost"};
  story.claim(
      "08.2", "Log, then restart the process",
      worked.answers.at("work") == done && worked.late == "refused" &&
          worked.exit.code == 1 && hung.answers.at("hang") == Answers{"lost"} &&
          hung.exit.code == 1 && cut.answers.at("work") == lost,
      "between the log and the end, two answers were finished, the one that hangs "
      "met the deadline, and who came then was {}. Control, exit at once: {}",
      worked.late, fmt::join(cut.answers.at("work"), " and "));
  story.nuance(
      "08.2",
      "draining trusts the state for half a second more. Where it may be corrupt "
      "and the answers matter, exit at once");
}

}  // namespace lab08
