// Lab 23's cures behind an HTTP server as a contestant, and who asks every contestant:
//   peers_23 ask TARGET COUNT COMMAND...   a server: so many pings, while TARGET is asked
//                                          for again and again; "-": nothing is
//   peers_23 serve FD                      is one
#include <unistd.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

#include "blocking.hpp"
#include "http_load.hpp"
#include "lab/core/histogram.hpp"
#include "lab/net/http.hpp"
#include "timed.hpp"
#include "world/jobs.hpp"

namespace {

using namespace std::chrono_literals;

// Each contestant's own job takes it so long.
constexpr auto kJob = 20ms;

// The server's thread is the loop. Its handler runs on it, as in Node; a reply may come from
// another thread.
class Site {
 public:
  std::uint16_t port() const { return server_.port(); }

 private:
  void handle(const lab::http::Request& request, const lab::http::Server::Reply& reply) {
    const auto answer = [reply](std::uint64_t sum) {
      reply({.body = std::to_string(sum)});
    };
    if (request.target == "/ping") return reply({.body = "pong"});
    if (request.target == "/sum/none") return answer(lab23::sum(steps_));
    if (request.target == "/sum/worker") {
      worker_ = std::jthread([steps = steps_, answer] { answer(lab23::sum(steps)); });
    } else if (request.target == "/sum/cut") {
      const auto pieces = std::make_shared<lab23::Sum>(steps_);
      lab23::SlicedJob::run(
          [pieces] { return pieces->advance(); }, 1ms,
          [this](lab23::Callback rest) { server_.run_after(0ms, std::move(rest)); },
          [pieces, answer] { answer(pieces->result()); });
    } else {
      reply({.status = 404});
    }
  }

  const std::uint64_t steps_ = lab23::steps_for(kJob);
  std::jthread worker_;  // one job at a time, as the load asks for it
  lab::http::Server server_{
      [this](const auto& request, auto reply) { handle(request, reply); }};
};

void serve(const char* descriptor) {
  const Site site;
  peers::tell_port(descriptor, site.port());
  for (;;) pause();
}

// Asks for the long job until it goes.
class Offender {
 public:
  Offender(std::uint16_t port, const std::string& target) {
    if (target == "-") return;
    thread_ = std::jthread([port, target](const std::stop_token& stop) {
      peers::HttpLoad load(port, 1, target);
      while (!stop.stop_requested()) load.ask(1);
    });
  }

 private:
  std::jthread thread_;
};

void ask(const std::string& target, std::int64_t count,
         std::vector<std::string> command) {
  const peers::Served server(std::move(command));
  const Offender offender(server.port(), target);
  peers::HttpLoad load(server.port(), 1, "/ping");
  lab::Latency latency;
  peers::timed(
      count,
      [&](std::int64_t pings) {
        std::string answer;
        for (std::int64_t i = 0; i < pings; ++i) {
          const auto began = std::chrono::steady_clock::now();
          answer = load.ask(1);
          latency.record(std::chrono::steady_clock::now() - began);
        }
        return fmt::format("{} times {}", pings, answer);
      },
      [&] { return server.cpu_ns(); }, peers::Nothing(),
      [&] { return latency.percentile(99); });
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "serve" && argc == 3)
    serve(argv[2]);
  else if (what == "ask" && argc > 4)
    ask(argv[2], std::stoll(argv[3]), {argv + 4, argv + argc});
  else
    throw std::invalid_argument("peers_23 ask TARGET COUNT COMMAND...");
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
