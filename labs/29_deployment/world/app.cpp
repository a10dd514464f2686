#include "world/app.hpp"

#include <fmt/format.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <optional>
#include <vector>

#include "lab/core/error.hpp"
#include "lab/net/loopback.hpp"
#include "lab/net/uv_http_server.hpp"

namespace lab29 {

using lab::http::Request;
using lab::uv::HttpServer;
using lab::uv::Timer;
using namespace std::chrono_literals;

namespace {

std::string variable(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return value ? value : otherwise;
}
int number(const char* name, int otherwise) {
  return std::stoi(variable(name, std::to_string(otherwise).c_str()));
}

class Service {
 public:
  explicit Service(lab::uv::Loop& loop) : loop_(loop) {
    const int ready_after = number("READY_AFTER_MS", 0);
    if (ready_after > 0)
      warm_up_.start(milliseconds(ready_after), [this] { ready_ = true; });
    ready_ = ready_after == 0;
    const int listener = number("LISTEN_FD", -1);
    listener < 0 ? void(server_.listen()) : server_.listen(lab::Descriptor(listener));
    if (on_sigterm_ != kShutdowns[0]) hear_sigterm();
  }

 private:
  void handle(const Request& request, HttpServer::Reply reply) {
    const std::string& path = request.target;
    if (path == "/print") print();
    if (path == "/hang") return hanging_.push_back(std::move(reply));
    if (path == "/ready") return reply({.status = ready_ ? 200 : 503});
    if (path != "/work")
      return answer(reply,
                    path == "/" || path == "/live" || path == "/print" ? 200 : 404);
    const auto timer = working_.emplace(working_.end(), loop_);
    timer->start(work_, [this, timer, reply = std::move(reply)] {
      answer(reply, 200);
      working_.erase(timer);
    });
  }

  void print() {
    for (const int end = printed_ + 1'000; printed_ < end;)
      fmt::print("line {}\n", ++printed_);
    std::fflush(stdout);
  }

  void answer(const HttpServer::Reply& reply, int status) {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    reply({.status = status, .body = fmt::format("{} {} {}", version_, getpid(), host)});
    if (idle_ > 0ms) idle_timer_.start(idle_, [this] { server_.close_idle(); });
  }

  void hear_sigterm() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    signals_.reset(static_cast<int>(
        lab::check_errno(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd")));
    heard_.emplace(loop_, signals_.get());
    heard_->start(UV_READABLE, [this] { shut_down(); });
    heard_->unref();
  }

  // Step 8: the ways. Once nothing is left to do, the loop ends by itself, and so does the
  // process.
  void shut_down() {
    heard_->stop();
    if (on_sigterm_ == "exit") _exit(0);
    ready_ = false;
    if (on_sigterm_ == "stop accepting") return server_.stop_listening();
    if (on_sigterm_ == "drain") return drain();
    // A balancer learns of it only later, and sends requests until then.
    wait_.start(kBeforeDrain, [this] { drain(); });
    if (on_sigterm_ == "drain with a deadline") {
      deadline_.start(kBeforeDrain + kDrainLimit, [] { _exit(0); });
      deadline_.unref();
    }
  }
  void drain() {
    // A request that hangs is nothing that the loop waits for.
    stay_.start(24h, [] {});
    server_.drain([this] { stay_.close(); });
    // Not at once: what has arrived is no idle connection any more once it has been read.
    idle_timer_.start(20ms, [this] { server_.close_idle(); });
  }

  lab::uv::Loop& loop_;
  const std::string version_ = variable("VERSION", "v1");
  const std::string on_sigterm_ = variable("ON_SIGTERM", "wait and drain");
  const milliseconds work_{number("WORK_MS", kWork.count())};
  const milliseconds idle_{number("IDLE_MS", 0)};
  bool ready_ = false;
  int printed_ = 0;
  std::vector<HttpServer::Reply> hanging_{};
  std::list<Timer> working_{};
  Timer warm_up_{loop_}, idle_timer_{loop_}, wait_{loop_}, stay_{loop_}, deadline_{loop_};
  lab::Descriptor signals_{};
  std::optional<lab::uv::Poll> heard_{};
  HttpServer server_{loop_,
                     [this](const Request& request, HttpServer::Reply reply) {
                       handle(request, std::move(reply));
                     },
                     {.host = variable("HOST", "127.0.0.1"),
                      .port = static_cast<std::uint16_t>(number("PORT", 0)),
                      .request_timeout = 60s}};
};

}  // namespace

App::App(const AppSetting& setting) : App(setting, lab::loopback::listen()) {
}

App::App(const AppSetting& setting, const lab::Descriptor& listener)
    : port_(lab::loopback::port_of(listener)),
      child_(lab::Child::role(
          "app", {},
          {.deadline = 120s,
           .capture = false,
           .env = {{"VERSION", setting.version},
                   {"ON_SIGTERM", std::string(setting.on_sigterm)},
                   {"READY_AFTER_MS", std::to_string(setting.ready_after.count())},
                   {"IDLE_MS", std::to_string(setting.idle.count())},
                   {"LISTEN_FD", std::to_string(listener.get())}},
           .inherit = {listener.get()}})) {
}

lab::http::Response ask(std::uint16_t port, const Request& request) {
  const auto result = lab::http::Client("127.0.0.1", port).request(request, 20s);
  const auto* reply = std::get_if<lab::http::Response>(&result);
  return reply ? *reply : lab::http::Response{.status = 0};
}

int app_main(std::span<const std::string>) {
  lab::uv::Loop loop;
  const Service service(loop);
  loop.run();
  return 0;
}

}  // namespace lab29
