// serve.cpp: what the chat's processes run.
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "lab/error.hpp"
#include "lab/loopback.hpp"
#include "lab/postgres_link.hpp"
#include "lab/trace.hpp"
#include "page.hpp"
#include "world.hpp"

namespace lab11 {

using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

void tell_port(int pipe, std::uint16_t port) {
  lab::check_errno(write(pipe, &port, sizeof port), "tell the port");
  close(pipe);
}

// Step 1: one thread, one loop. Asio waits for the sockets of the clients; libuv's loop,
// which talks to Redis and PostgreSQL, is one descriptor among them, and gets its turn
// after each wait.
void turn(lab::websocket::Loop& sockets, lab::uv::Loop& services) {
  services.run(UV_RUN_NOWAIT);
  const bool alive = uv_loop_alive(services.raw()) != 0;
  const int due = alive ? uv_backend_timeout(services.raw()) : -1;  // -1: not by itself
  sockets.turn(due < 0 ? 1000ms : milliseconds(due));
}

// Who has an account. Asked without waiting: a query that blocked would hold up everybody
// who chats. A database that is away lets nobody new in; who is in chats on.
class Users {
 public:
  Users(lab::uv::Loop& loop, std::string url)
      : loop_(loop), url_(std::move(url)), again_(loop) {
    connect();
  }

  // Signs a new name up, and lets a known one in.
  void sign_in(const std::string& name, std::function<void(bool)> answer) {
    link_->query("INSERT INTO lab11_users (name) VALUES ($1) ON CONFLICT DO NOTHING",
                 {name}, [answer = std::move(answer)](const auto& result) {
                   answer(std::holds_alternative<lab::PostgresRows>(result));
                 });
  }

 private:
  void connect() {
    link_.emplace(
        loop_, url_, [] {},
        [this](const std::string&) { again_.start(100ms, [this] { connect(); }); });
    link_->query(
        "CREATE TABLE IF NOT EXISTS lab11_users (id bigint GENERATED ALWAYS AS IDENTITY, "
        "name text UNIQUE)",
        {}, [](const auto&) {});
  }

  lab::uv::Loop& loop_;
  std::string url_;
  lab::uv::Timer again_;
  std::optional<lab::PostgresLink> link_;
};

Settings settings_of(const Json& plan) {
  Settings settings{.name = plan.at("name"),
                    .resumes = plan.at("resumes"),
                    .backlog = plan.at("backlog"),
                    .outbox = plan.at("outbox"),
                    .control = plan.at("control")};
  settings.socket.send_buffer = plan.at("send_buffer");
  if (plan.at("strict")) {
    settings.socket.handshake_time = 500ms;
    settings.socket.message_time = 200ms;
  }
  return settings;
}

}  // namespace

void allow_many_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(std::span<const std::string> args) {
  const Json plan = Json::parse(args[0]);
  allow_many_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // hiredis writes to a Redis that has just gone
  const Settings settings = settings_of(plan);
  lab::uv::Loop services;
  lab::websocket::Loop sockets;
  sockets.wake_on(uv_backend_fd(services.raw()));
  std::optional<Company> company;
  if (const std::string url = plan.at("redis"); !url.empty()) {
    company.emplace(services, url, plan.at("prefix"), settings.name, settings.backlog);
  }
  lab::websocket::Server::Pages pages;
  if (plan.at("pages").get<bool>()) pages = page_of(settings.name);
  ChatServer server(sockets, settings, company ? &*company : nullptr, pages);
  const std::string lane = "server " + settings.name;
  server.on_event = [&](const char* what, const std::string& room, std::uint64_t number) {
    lab::trace::instant(what, {.lane = lane, .args = {{"room", room}, {"n", number}}});
  };
  std::optional<Users> users;
  if (const std::string url = plan.at("postgres"); !url.empty()) {
    users.emplace(services, url);
    server.sign_in = [&](const std::string& user, std::function<void(bool)> answer) {
      users->sign_in(user, std::move(answer));
    };
  }
  tell_port(plan.at("port_pipe"), server.port());
  for (;;) turn(sockets, services);  // until it is killed
}

// The control: a thread waits for each connection.
int serve_with_threads(std::span<const std::string> args) {
  allow_many_descriptors();
  const lab::Descriptor listening = lab::loopback::listen();
  tell_port(std::stoi(args[0]), lab::loopback::port_of(listening));
  for (;;) {
    const int peer = accept(listening.get(), nullptr, nullptr);
    if (peer < 0) continue;
    std::thread([peer] {
      std::array<char, 256> bytes{};
      ssize_t got = 0;
      while ((got = recv(peer, bytes.data(), bytes.size(), 0)) > 0) {
        if (send(peer, bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) < 0) {
          break;
        }
      }
      close(peer);
    }).detach();
  }
}

}  // namespace lab11
