#include "world/service.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <stdexcept>

#include "lab/core/trace.hpp"
#include "lab/net/uv_http_server.hpp"
#include "uncaught.hpp"
#include "world/crash_report.hpp"

namespace lab08 {

namespace {

std::string message_of(const Error& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& caught) {
    return caught.what();
  }
}

class Service {
 public:
  Service(lab::Descriptor listener, ServiceOptions options)
      : options_(std::move(options)) {
    node_.on_uncaught = [this](const Error& error, Origin) { uncaught(error); };
    server_.listen(std::move(listener));
  }

  int run() {
    return node_.run([] {});
  }

 private:
  using Server = lab::uv::HttpServer;

  void handle(const std::string& target, const Server::Reply& reply) {
    if (target == "/crash") throw std::runtime_error("the service was told to crash");
    if (target == "/upload") return reply({.body = "done"});
    if (target != "/count") return reply({.status = 404});
    reply({.body = fmt::format("{} {}", getpid(), ++count_)});
  }

  // Step 6: what a handler may do. First log, at once. Then do nothing that needs the state to
  // be right, except to let open requests finish, up to a deadline. Never exit with 0.
  void uncaught(const Error& error) {
    log_at_once(options_.log,
                fmt::format("{} uncaught: {}", getpid(), message_of(error)));
    lab::trace::instant("uncaught", {.lane = options_.name});
    if (options_.on_error == OnError::exit) return node_.exit(1);
    if (options_.on_error == OnError::drain) drain();
  }
  void drain() {
    lab::trace::state(options_.name, "draining");
    server_.drain([this] { node_.exit(1); });
    server_.close_idle();  // who has asked for nothing loses nothing
    node_.set_timeout([this] { node_.exit(1); },
                      static_cast<double>(options_.deadline.count()));
  }

  const ServiceOptions options_;
  int count_ = 0;
  Runtime node_;
  Server server_{node_.loop(), [this](const lab::http::Request& request, auto reply) {
                   node_.call([&] { handle(request.target, reply); });
                 }};
};

}  // namespace

Supervised service(const lab::Descriptor& listener, const ServiceOptions& options) {
  return {.role = "service",
          .args = {std::to_string(listener.get()), options.name,
                   std::to_string(static_cast<int>(options.on_error)), options.log,
                   std::to_string(options.deadline.count())},
          .inherit = {listener.get()}};
}

int service_main(std::span<const std::string> args) {
  if (args.size() != 5) return 2;
  return Service(lab::Descriptor(std::stoi(args[0])),
                 {.name = args[1],
                  .on_error = static_cast<OnError>(std::stoi(args[2])),
                  .log = args[3],
                  .deadline = milliseconds(std::stoi(args[4]))})
      .run();
}

}  // namespace lab08
