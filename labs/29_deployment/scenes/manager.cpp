// manager.cpp: what a process manager does for an app.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <set>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/run_dir.hpp"
#include "lab/uv/supervisor.hpp"
#include "scenes/scenes.hpp"
#include "world/app.hpp"
#include "world/rotated_log.hpp"

namespace lab29 {

namespace fs = std::filesystem;
namespace trace = lab::trace;
using lab::Story;
using lab::uv::Supervisor;

namespace {

constexpr const char *kKilled = "killed 5 times", *kWrong = "a wrong setting";

lab::uv::SupervisorObservers drawn(const char* name) {
  const auto enter = [name](std::string_view state, lab::Where where) {
    trace::state(name, state, 0, where);
  };
  return {.on_start =
              [name, enter, starts = 0](pid_t pid, auto where) mutable {
                trace::actor(name, trace::Actor::process, pid, where);
                enter(fmt::format("process {}", ++starts), where);
              },
          .on_wait =
              [enter](milliseconds wait, auto where) {
                enter(fmt::format("wait {}", lab::text::time(wait)), where);
              },
          .on_give_up = [enter](auto where) { enter("given up", where); }};
}

lab::uv::Supervised app(int listener, int output = -1) {
  return {.role = "app",
          .inherit = {listener},
          .env = {{"LISTEN_FD", std::to_string(listener)}},
          .output = output};
}

// How many of the numbers from 1 on are in these files, each once and in order.
int in_order(const std::vector<std::string>& files) {
  int next = 1;
  for (const std::string& name : files) {
    std::ifstream file(name);
    for (std::string line; std::getline(file, line);)
      if (line == fmt::format("line {}", next)) ++next;
  }
  return next - 1;
}

void survive_kills(Story& story) {
  lab::uv::Loop loop;
  const lab::Descriptor listener = lab::loopback::listen();
  const std::uint16_t port = lab::loopback::port_of(listener);
  const Supervisor manager(loop, app(listener.get()), {.first = 5ms}, drawn(kKilled));
  std::set<std::string> served{ask(port).body};
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) {
    const pid_t victim = manager.pid();
    kill(victim, SIGKILL);
    while (manager.pid() == victim || manager.pid() == 0) loop.run(UV_RUN_ONCE);
    served.insert(ask(port).body);
  }
  const auto each = (std::chrono::steady_clock::now() - began) / 5;
  App alone({});
  alone.process().kill(SIGKILL);
  alone.process().wait();
  const bool stays_down = ask(alone.port()).status == 0;
  story.claim(
      "29.1", served.size() == 6 && !served.contains("") && stays_down,
      "the app was killed 5 times, and {} processes served the port one after the "
      "other, each {} after a kill. Control: without a manager the port stayed "
      "closed",
      served.size(), lab::text::time(each));
}

void give_up(Story& story) {
  lab::uv::Loop loop;
  RotatedLog log(loop, lab::run_dir() / "crashes.log", 1 << 20);
  std::vector<long> waits;
  auto observers = drawn(kWrong);
  observers.on_wait = [&, draw = observers.on_wait](milliseconds wait, auto where) {
    draw(wait, where);
    waits.push_back(wait.count());
  };
  bool given_up = false;
  observers.on_give_up = [&, draw = observers.on_give_up](auto where) {
    draw(where);
    given_up = true;
  };
  // Its socket is not there, as with a wrong setting.
  const Supervisor manager(
      loop, {.role = "app", .env = {{"LISTEN_FD", "9999"}}, .output = log.input()},
      {.most = 5, .first = 10ms, .longest = 80ms}, observers);
  while (!given_up || log.lines() < manager.starts()) loop.run(UV_RUN_ONCE);
  story.claim("29.2",
              waits == std::vector<long>{10, 20, 40, 80, 80} && manager.starts() == 6,
              "the app ended at once each time: the manager waited {} ms, and gave up "
              "after {} starts; its log has {} lines that say why",
              fmt::join(waits, ", "), manager.starts(), log.lines());
}

void rotate(Story& story) {
  constexpr int kLines = 5'000;
  lab::uv::Loop loop;
  const lab::Descriptor listener = lab::loopback::listen();
  const std::uint16_t port = lab::loopback::port_of(listener);
  RotatedLog log(loop, lab::run_dir() / "app.log", 8 << 10);
  const Supervisor manager(loop, app(listener.get(), log.input()), {});
  while (log.lines() < kLines) {
    const int before = log.lines();
    ask(port, {.target = "/print"});
    while (log.lines() < before + 1'000) loop.run(UV_RUN_ONCE);
  }
  std::vector<std::string> names;
  for (int i = 0; i < log.files(); ++i) names.push_back(log.name_of(i));
  const int kept = in_order(names);

  // The control writes the file itself; it is copied and then emptied, and prints between.
  const std::string path = lab::run_dir() / "direct.log";
  const lab::Descriptor file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const lab::Descriptor second = lab::loopback::listen();
  const Supervisor other(loop, app(second.get(), file.get()), {});
  const std::uint16_t other_port = lab::loopback::port_of(second);
  ask(other_port, {.target = "/print"});
  fs::copy_file(path, path + ".0");
  ask(other_port, {.target = "/print"});
  fs::resize_file(path, 0);
  ask(other_port, {.target = "/print"});
  const int left = in_order({path + ".0", path});
  story.claim("29.3", kept == kLines && log.files() > 3 && left < 3'000,
              "all {} lines are in {} files, in order. Control: copied and truncated "
              "while the app writes, the file lost everything after line {} of 3000",
              kept, log.files(), left);
}

}  // namespace

void manager(Story& story, const Knobs&) {
  story.say(
      "A process manager holds the port and starts the app, which is killed five times. "
      "Then an app with a wrong setting ends at once each time. Finally the app prints "
      "5,000 lines.");
  story.picture(lab::Picture::strips, {kKilled, kWrong});
  survive_kills(story);
  give_up(story);
  rotate(story);
  story.takeaway(
      "Restart, wait longer each time, give up, and raise an alarm. In a container the "
      "platform does all of it, so PM2 inside one only hides the crashes.");
}

}  // namespace lab29
