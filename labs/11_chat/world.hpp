// world.hpp: the chat's processes, and the crowd that talks to them.
//
//   this process: clients on one loop --+-- server A --+-- Redis
//                                       +-- server B --+
//
// Lifetime  A server is a child process: killed when its Process goes.
#pragma once

#include <signal.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chat_client.hpp"
#include "chat_server.hpp"
#include "lab/process.hpp"

namespace lab11 {

// How a server is started. It travels to the child as JSON.
struct Plan {
  std::string name = "A";
  std::string redis{};     // empty: this server is alone
  std::string prefix{};    // of all it keeps there
  std::string postgres{};  // empty: every name may come in
  bool resumes = true;
  std::size_t backlog = 1000;
  std::size_t outbox = 256 << 10;
  int send_buffer = 0;
  bool pages = false;
};

// The same for another server.
inline Plan as_b(Plan plan) {
  plan.name = "B";
  return plan;
}

// A server of the chat in a process of its own.
class Process {
 public:
  explicit Process(const Plan& plan);

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return child_.pid(); }
  void kill() { child_.kill(SIGKILL); }

 private:
  std::string port_file_;
  lab::Child child_;
  std::uint16_t port_ = 0;
};

// What such a process runs: Program::role("server", serve).
int serve(std::span<const std::string> args);

void allow_many_descriptors();  // as many as the system lets us

// Another way to serve: a thread for each connection. Program::role("threads", ...).
int serve_with_threads(std::span<const std::string> args);

std::string new_port_file(const std::string& name);
std::uint16_t wait_for_port(const std::string& file);

// Tells a server something, and answers what it says (nothing if it was told only).
nlohmann::json ask(std::uint16_t port, const nlohmann::json& message);
nlohmann::json stats(const Process& process);
void switch_relay(const Process& process, bool on);

// Many clients on one loop.
class Crowd {
 public:
  Crowd() = default;
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  ChatClient& add(ClientSettings settings);
  ChatClient& operator[](std::size_t i) { return *clients_[i]; }
  std::size_t size() const { return clients_.size(); }
  lab::websocket::Loop& loop() { return loop_; }

  bool until(const std::function<bool()>& done,
             std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
    return loop_.run_until(done, deadline);
  }
  bool all_joined();
  bool all_said();
  bool settled();  // all was said, and all of a room stand at the same message

  Verdict judge() const;  // from what they saw
  lab::Latency latency() const;

 private:
  lab::websocket::Loop loop_;  // first: it outlives the clients
  std::vector<std::unique_ptr<ChatClient>> clients_;
  std::vector<std::string> rooms_;
};

}  // namespace lab11
