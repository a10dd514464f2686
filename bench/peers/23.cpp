// Lab 23's site as a contestant, and who asks every contestant:
//   peers_23 ask TARGET COUNT COMMAND...   a server: so many pings, while TARGET is asked
//                                          for again and again; "-": nothing is
//   peers_23 serve FD                      is one
#include <chrono>
#include <stdexcept>
#include <thread>

#include "http_load.hpp"
#include "jobs.hpp"
#include "lab/histogram.hpp"
#include "site.hpp"
#include "timed.hpp"

namespace {

using namespace std::chrono_literals;

// Each contestant's own job takes it so long.
constexpr auto kJob = 20ms;

void serve(const char* descriptor) {
  lab::uv::Loop loop;
  lab23::Site site(loop, {.steps = lab23::steps_for(kJob), .slice = 1ms});
  lab::uv::Timer open(loop);  // the site alone would not keep the loop alive
  open.start(std::chrono::hours(1), [] {});
  peers::tell_port(descriptor, site.port());
  loop.run();
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
