#include "scenes/stage.hpp"

#include <fmt/format.h>

#include <fstream>

#include "lab/core/trace.hpp"
#include "lab/os/run_dir.hpp"

namespace lab16 {

namespace trace = lab::trace;
using namespace std::chrono_literals;

namespace {

std::filesystem::path new_folder() {
  static int count = 0;
  const auto folder = lab::run_dir() / fmt::format("work{}", ++count);
  std::filesystem::create_directories(folder);
  return folder;
}

Function with_work(Function function, const std::string& folder) {
  function.env.emplace_back("WORK", folder);
  return function;
}

}  // namespace

bool until(lab::uv::Loop& loop, const std::function<bool()>& is_so) {
  bool is_late = false;
  lab::uv::Timer guard(loop), look(loop);
  guard.start(30s, [&] { is_late = true; });
  look.start(
      5ms, [] {}, 5ms);
  while (!is_so() && !is_late) loop.run(UV_RUN_ONCE);
  return !is_late;
}

void pause(lab::uv::Loop& loop, milliseconds time) {
  const auto end = Clock::now() + time;
  until(loop, [&] { return Clock::now() >= end; });
}

Stage::Stage(lab::uv::Loop& loop, std::string name, Function function,
             HostOptions options)
    : loop_(loop),
      name_(std::move(name)),
      work_(new_folder()),
      host_(loop, with_work(std::move(function), work_), options, drawn()) {
}

HostObservers Stage::drawn() {
  static constexpr const char* kStates[] = {"starting", "busy", "frozen", "gone"};
  const auto lane = [this](int instance) {
    return fmt::format("{} {}", name_, instance);
  };
  return {.on_state =
              [this, lane](int instance, pid_t pid, State state, lab::Where where) {
                pid_ = pid;
                if (state == State::starting)
                  trace::actor(lane(instance), trace::Actor::process, pid, where);
                trace::state(lane(instance), kStates[static_cast<int>(state)], 0, where);
              },
          .on_call =
              [this, lane](int instance, const std::string& event, lab::Where where) {
                ++calls_[event];
                trace::flow_in(trace::flow_out(event, {.lane = "events"}, where), event,
                               {.lane = lane(instance)}, where);
              },
          .on_dead_letter =
              [this](const std::string& event, lab::Where where) {
                trace::flow_in(trace::flow_out(event, {.lane = "events"}, where), event,
                               {.lane = "dead letters"}, where);
              }};
}

std::vector<Json> Stage::at_once(int count, const std::string& event) {
  std::vector<Json> replies;
  int ended = 0;
  for (int i = 0; i < count; ++i) {
    host_.invoke(event, [&](const Result& result) {
      ++ended;
      if (result.outcome == Result::Outcome::done)
        replies.push_back(Json::parse(result.body));
    });
  }
  until(loop_, [&] { return ended == count; });
  if (replies.size() != static_cast<std::size_t>(count))
    throw lab::Error("call " + name_, "an instance did not answer");
  return replies;
}

Json Stage::call(const std::string& event) {
  return at_once(1, event)[0];
}

int Stage::calls(const std::string& event) const {
  const auto found = calls_.find(event);
  return found == calls_.end() ? 0 : found->second;
}

int Stage::processed(const std::string& what) const {
  std::ifstream file(work_ / "processed");
  int count = 0;
  for (std::string line; std::getline(file, line);) count += line == what;
  return count;
}

}  // namespace lab16
