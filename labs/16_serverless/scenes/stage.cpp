// stage.cpp: a function that a scene can call, wait for and look into.
#include <fmt/format.h>

#include <fstream>

#include "lab/core/trace.hpp"
#include "lab/net/uv_http_client.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"

namespace lab16 {

namespace trace = lab::trace;

std::string event(const char* name, const std::string& value) {
  return Json{{name, value}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void until(lab::uv::Loop& loop, const std::function<bool()>& is_so) {
  const auto deadline = Clock::now() + 30s;
  lab::uv::Timer look(loop);  // so that the loop never waits for longer
  look.start(
      5ms, [] {}, 5ms);
  while (!is_so() && Clock::now() < deadline) loop.run(UV_RUN_ONCE);
}

namespace {

// What a person would call an event: "/work", "photo.jpg".
std::string shown(const std::string& event) {
  const Json fields = Json::parse(event);
  return fields.empty() ? "by the clock" : fields.begin()->get<std::string>();
}

Host::OnState drawn(const std::string& name, bool freezes,
                    std::map<std::string, int>& given) {
  return [=, &given](int instance, pid_t pid, State state, auto& event,
                     lab::Where where) {
    const char* const states[] = {"starting", "busy", freezes ? "frozen" : "idle",
                                  "gone"};
    const std::string lane = fmt::format("{} {}", name, instance);
    if (state == State::starting) trace::actor(lane, trace::Actor::process, pid, where);
    const bool died = state == State::gone && !event.empty();
    trace::state(lane, died ? "dead of " + shown(event) : states[static_cast<int>(state)],
                 0, where);
    if (state != State::busy) return;
    ++given[event];
    const std::string what = shown(event);
    const auto sent = trace::flow_out(what, {.lane = "events"}, where);
    trace::flow_in(sent, what, {.lane = lane}, where);
  };
}

}  // namespace

Stage::Stage(lab::uv::Loop& on, std::string name, Function function, HostOptions options)
    : loop(on),
      work(lab::run_dir() /
           fmt::format("work {}", Clock::now().time_since_epoch().count())),
      host(loop, (function.folder = work, function), options,
           drawn(name, options.freezes, given)),
      gateway(loop, [this](const lab::http::Request& request, auto reply) {
        host.invoke(event("path", request.target), [reply](const Result& result) {
          reply({.status = result.status, .body = result.body});
        });
      }) {
  std::filesystem::create_directories(work);
}

std::vector<Json> Stage::at_once(int count, const std::string& path) {
  std::list<lab::uv::HttpClient> clients;
  std::vector<Json> replies;
  int ended = 0;
  for (int i = 0; i < count; ++i) {
    clients.emplace_back(loop, port).request({.target = path}, 30s, [&](auto result) {
      ++ended;
      const auto* reply = std::get_if<lab::http::Response>(&result);
      if (reply && reply->status == 200) replies.push_back(Json::parse(reply->body));
    });
  }
  until(loop, [&] { return ended == count; });
  return replies;
}

int Stage::processed(const std::string& what) const {
  std::ifstream file(work / "processed");
  int count = 0;
  for (std::string line; std::getline(file, line);) count += line == what;
  return count;
}

}  // namespace lab16
