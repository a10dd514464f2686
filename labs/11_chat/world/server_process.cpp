#include "world/server_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lab/core/error.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/descriptor.hpp"

namespace lab11 {

using namespace std::chrono_literals;
using Json = nlohmann::json;
namespace trace = lab::trace;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ServerPlan, name, redis, prefix, closes_gaps, history,
                                   queue_limit, send_buffer, reconnect_after,
                                   draws_queues, draws_presence, draws_relay, page)

namespace {

// page.html, in which NAME stands for the server's name.
constexpr const char* kPage =
#include "page.inc"
    ;

std::string page_of(const std::string& server) {
  std::string page(kPage);
  for (std::size_t at = 0; (at = page.find("NAME", at)) != std::string::npos;)
    page.replace(at, 4, server);
  return page;
}

lab::Child started(const ServerPlan& plan, int tells_port) {
  return lab::Child::role("server", {Json(plan).dump(), std::to_string(tells_port)},
                          {.deadline = 24h, .capture = false, .inherit = {tells_port}});
}

}  // namespace

// The server writes its port into a pipe when it is ready. If it dies before, the pipe
// ends, and nobody waits in vain.
ServerProcess::ServerProcess(const SharedRedis& redis, ServerPlan plan)
    : name_("server " + plan.name), child_([&] {
        plan.redis = redis.url();
        plan.prefix = redis.prefix() + plan.prefix;
        int ends[2];
        lab::check_errno(pipe2(ends, O_CLOEXEC), "make a pipe");
        const lab::Descriptor ours(ends[0]);
        lab::Descriptor theirs(ends[1]);
        lab::Child child = started(plan, theirs.get());
        theirs.reset();
        pollfd source{.fd = ours.get(), .events = POLLIN, .revents = 0};
        if (poll(&source, 1, 10'000) != 1 || read(ours.get(), &port_, sizeof port_) <= 0)
          throw lab::Error("start a chat server", "it did not get ready");
        return child;
      }()) {
  trace::actor(name_, trace::Actor::process, pid());
  trace::state(name_, "up");
}

void ServerProcess::kill() {
  child_.kill(SIGKILL);
  trace::state(name_, "killed");
}

int ServerProcess::threads() const {
  const std::filesystem::directory_iterator tasks(fmt::format("/proc/{}/task", pid()));
  return static_cast<int>(std::distance(begin(tasks), end(tasks)));
}

namespace {

ChatObservers drawn(const ServerPlan& plan) {
  const std::string lane = "server " + plan.name;
  ChatObservers observers{
      .on_event =
          [lane, presence = plan.draws_presence](std::string_view what,
                                                 lab::Where where) {
            if (presence || what != "presence")
              trace::instant(what, {.lane = lane}, where);
          },
      .on_connections =
          [lane](std::uint64_t count, lab::Where where) {
            trace::counter("connections", static_cast<double>(count), {.lane = lane},
                           where);
          },
      .on_hop =
          [lane, relay = plan.draws_relay](std::uint64_t context, std::uint64_t offset,
                                           lab::Where where) {
            if (!relay) {
              trace::flow_in(context, "message", {.lane = lane}, where);
              return trace::flow_out("message", {.lane = lane, .cause = context}, where);
            }
            constexpr std::string_view relay_lane = "Redis";
            const auto go_on = [&](const std::string& what) {
              const auto out = trace::flow_out(
                  what, {.lane = offset ? relay_lane : lane, .cause = context}, where);
              trace::flow_in(out, "message", {.lane = offset ? lane : relay_lane}, where);
              return out;
            };
            if (offset == 0) {
              trace::flow_in(context, "message", {.lane = lane}, where);
              return go_on("message");
            }
            const std::string numbered = fmt::format("message {}", offset);
            context = go_on(numbered);
            return trace::flow_out(numbered, {.lane = lane, .cause = context}, where);
          }};
  if (plan.draws_queues) {
    observers.on_waiting = [](const std::string& user, std::size_t bytes,
                              lab::Where where) {
      trace::counter("waiting for " + user, static_cast<double>(bytes), {}, where);
    };
  }
  return observers;
}

}  // namespace

// One thread, one loop. Asio waits for the sockets of the clients. libuv's loop, which
// talks to Redis, is one descriptor among them, and gets its turn after each wait.
int serve(std::span<const std::string> args) {
  const auto plan = Json::parse(args[0]).get<ServerPlan>();
  allow_many_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // hiredis writes to a Redis that has just gone
  lab::uv::Loop services;
  lab::websocket::Loop sockets;
  sockets.wake_on(uv_backend_fd(services.raw()));
  Backplane backplane(services, {.url = plan.redis,
                                 .prefix = plan.prefix,
                                 .server = plan.name,
                                 .history = plan.history,
                                 .reconnect_after = milliseconds(plan.reconnect_after)});
  const ChatServer server(sockets,
                          {.closes_gaps = plan.closes_gaps,
                           .history = plan.history,
                           .queue_limit = plan.queue_limit,
                           .socket = {.send_buffer = plan.send_buffer}},
                          backplane, drawn(plan), [&plan](const std::string& target) {
                            return target == "/" && plan.page
                                       ? lab::websocket::Page{200, page_of(plan.name),
                                                              "text/html; charset=utf-8"}
                                       : lab::websocket::Page{};
                          });
  const lab::Descriptor ready(std::stoi(args[1]));
  const std::uint16_t port = server.port();
  lab::check_errno(write(ready.get(), &port, sizeof port), "tell the port");
  for (;;) {  // until it is killed
    services.run(UV_RUN_NOWAIT);
    const bool alive = uv_loop_alive(services.raw()) != 0;
    const int due = alive ? uv_backend_timeout(services.raw()) : -1;  // -1: none
    sockets.turn(due < 0 ? 1000ms : milliseconds(due));
  }
}

void allow_many_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace lab11
