// Lab 10's middleware behind lab::http as a contestant, and who asks every contestant:
//   peers_10 ask COUNT COMMAND...   starts a server and asks it; the CPU time is the server's
//   peers_10 serve NAME FD          is one

#include <unistd.h>

#include <map>
#include <stdexcept>

#include "../10_chain.hpp"
#include "http_load.hpp"
#include "lab/net/http.hpp"
#include "middleware.hpp"
#include "timed.hpp"

namespace {

using namespace lab10;

constexpr int kConnections = 32;
int middleware_seen = 0;  // by the request that is served: no middleware waits

std::string answer() {
  return fmt::format("hello through {}", std::exchange(middleware_seen, 0));
}

void serve_until_killed(lab::http::Server::Handler handler, const char* descriptor) {
  const lab::http::Server server(std::move(handler));
  peers::tell_port(descriptor, server.port());
  for (;;) pause();
}

// The handler that each chain ends with, alone: it says what ten middleware would have counted.
void bare(const lab::http::Request&, lab::http::Server::Reply reply) {
  middleware_seen = 10;
  reply({.body = answer()});
}

void serve_app(const char* descriptor) {
  App app;
  for (int i = 0; i < 10; ++i) {
    app.use("calls next", [](Request&, Response&, Next next) {
      ++middleware_seen;
      next();
    });
  }
  app.use("reply", [](Request&, Response& response, Next) { response.send(answer()); });
  serve_until_killed(
      [&](const auto& request, auto reply) { app.handle(request, std::move(reply)); },
      descriptor);
}

constexpr auto kCallsNext = [](Request&, Response&, const auto& next) {
  ++middleware_seen;
  next();
};
constexpr auto kReplies = [](Request&, Response& response, const auto&) {
  response.send(answer());
};

void serve_chain(const char* descriptor) {
  const auto on = kCallsNext;
  const Chain chain{on, on, on, on, on, on, on, on, on, on, kReplies};
  serve_until_killed(
      [&](const lab::http::Request& received, lab::http::Server::Reply reply) {
        Request request(received);
        Response response(std::move(reply));
        chain(request, response);
      },
      descriptor);
}

// What no HTTP server can beat: it reads whatever came and sends the same bytes.
void answer_always(int fd) {
  const std::string body = "hello through 10";
  const std::string reply =
      fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
  std::array<char, 4096> bytes;
  if (recv(fd, bytes.data(), bytes.size(), 0) <= 0 ||
      send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) <= 0)
    close(fd);
}

void serve_fixed(const char* descriptor) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* address = reinterpret_cast<sockaddr*>(&at);
  lab::check_errno(bind(listener, address, size), "bind");
  lab::check_errno(listen(listener, 100), "listen");
  lab::check_errno(getsockname(listener, address, &size), "find the port");
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const auto watch = [&](int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  };
  watch(listener);
  peers::tell_port(descriptor, ntohs(at.sin_port));
  for (std::array<epoll_event, 64> events{};;) {
    const int ready = epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener)
        watch(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
      else
        answer_always(fd);
    }
  }
}

const std::map<std::string, void (*)(const char*)> kServers = {
    {"fixed", serve_fixed},
    {"bare", [](const char* descriptor) { serve_until_killed(bare, descriptor); }},
    {"app", serve_app},
    {"chain", serve_chain}};

void ask(std::int64_t count, std::vector<std::string> command) {
  const peers::Served server(std::move(command));
  peers::HttpLoad load(server.port(), kConnections, "/order");
  peers::timed(
      count, [&](std::int64_t requests) { return load.ask(requests); },
      [&] { return server.cpu_ns(); });
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string what = argc > 3 ? argv[1] : "";
  if (what == "serve") kServers.at(argv[2])(argv[3]);
  if (what == "ask") {
    ask(std::stoll(argv[2]), {argv + 3, argv + argc});
    return 0;
  }
  throw std::invalid_argument("peers_10 ask COUNT COMMAND...");
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
