// From a service's death to its next answer, under our supervisor and others:
//   peers_08 ask COUNT COMMAND...       starts who supervises, and crashes the service
//   peers_08 serve c++|node SCRIPT FD   our supervisor, over a service in C++ or Node
//   peers_08 alone c++|node SCRIPT COUNT   no supervisor: only the start, to the first answer
#include <unistd.h>

#include <map>
#include <span>
#include <stdexcept>
#include <thread>

#include "lab/net/http.hpp"
#include "lab/net/loopback.hpp"
#include "served.hpp"
#include "timed.hpp"
#include "world/service.hpp"

namespace {

using namespace lab08;
using lab::uv::RestartPolicy;
using lab::uv::Supervisor;
using namespace std::chrono_literals;

// The body of the reply; nothing if nobody listened, or died of the request.
std::string tell(std::uint16_t port, const char* target) {
  const auto result =
      lab::http::Client("127.0.0.1", port).request({.target = target}, 20s);
  const auto* reply = std::get_if<lab::http::Response>(&result);
  return reply ? reply->body : std::string();
}

// The process that answers; asks until one does.
std::string who_answers(std::uint16_t port) {
  const auto patience = std::chrono::steady_clock::now() + 20s;
  for (;;) {
    const std::string answer = tell(port, "/count");
    if (!answer.empty()) return answer.substr(0, answer.find(' '));
    if (std::chrono::steady_clock::now() > patience)
      throw lab::Error("ask the service", "no answer in 20 s");
    std::this_thread::sleep_for(500us);
  }
}

std::string crash_and_ask(std::uint16_t port, std::int64_t count) {
  std::int64_t others = 0;
  std::string before = who_answers(port);
  for (std::int64_t i = 0; i < count; ++i) {
    tell(port, "/crash");
    const std::string after = who_answers(port);
    others += after != before;
    before = after;
  }
  return fmt::format("{} deaths, {} times another process answered", count, others);
}

void ask(std::int64_t count, std::vector<std::string> command) {
  peers::Served server(std::move(command));
  peers::timed(count,
               [&](std::int64_t deaths) { return crash_and_ask(server.port(), deaths); });
  server.end();
}

// --- the roles: what is started

int node_service(std::span<const std::string> args) {
  dup2(std::stoi(args[0]), 3);  // its server takes descriptor 3
  execlp("node", "node", args[1].c_str(), "service", "fd", nullptr);
  return 127;
}

Supervised supervised(const std::string& kind, const std::string& script,
                      const lab::Descriptor& listener) {
  if (kind == "c++") return service(listener, {.name = "service"});
  return {.role = "node-service",
          .args = {std::to_string(listener.get()), script},
          .inherit = {listener.get()}};
}

void serve(const std::string& kind, const std::string& script, const char* descriptor) {
  const lab::Descriptor listener = lab::loopback::listen();
  lab::uv::Loop loop;
  const RestartPolicy at_once{
      .most = 1'000'000, .period = 60'000ms, .first = 0ms, .longest = 0ms};
  const Supervisor supervisor(loop, supervised(kind, script, listener), at_once);
  peers::tell_port(descriptor, lab::loopback::port_of(listener));
  for (;;) loop.run();
}

void alone(const std::string& kind, const std::string& script, std::int64_t count) {
  const lab::Descriptor listener = lab::loopback::listen();
  const std::uint16_t port = lab::loopback::port_of(listener);
  const Supervised what = supervised(kind, script, listener);
  peers::timed(count, [&](std::int64_t starts) {
    std::int64_t others = 0;
    std::string before;
    for (std::int64_t i = 0; i < starts; ++i) {
      const lab::Child service =
          lab::Child::role(what.role, what.args,
                           {.deadline = 60s, .capture = false, .inherit = what.inherit});
      const std::string now = who_answers(port);
      others += now != before;
      before = now;
    }
    return fmt::format("{} deaths, {} times another process answered", starts, others);
  });
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string what = words.size() > 2 ? words[0] : "";
  if (what == "--role") {
    const auto args = std::span(words).subspan(2);
    return words[1] == "service" ? service_main(args) : node_service(args);
  }
  if (what == "ask") {
    ask(std::stoll(words[1]), {words.begin() + 2, words.end()});
    return 0;
  }
  if (words.size() == 4 && what == "serve") {
    serve(words[1], words[2], argv[4]);
    return 0;
  }
  if (words.size() == 4 && what == "alone") {
    alone(words[1], words[2], std::stoll(words[3]));
    return 0;
  }
  throw std::invalid_argument("peers_08 ask COUNT COMMAND...");
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
