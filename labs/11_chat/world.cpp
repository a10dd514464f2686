#include "world.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "lab/error.hpp"
#include "lab/run_dir.hpp"
#include "lab/trace.hpp"
#include "raw_peer.hpp"

namespace lab11 {

using namespace std::chrono_literals;
using Json = nlohmann::json;

std::string new_port_file(const std::string& name) {
  static std::atomic<int> count = 0;
  return lab::run_dir() / ("port-" + name + "-" + std::to_string(++count));
}

// A server writes its port when it is ready: the port itself is the kernel's choice.
std::uint16_t wait_for_port(const std::string& file) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!std::filesystem::exists(file)) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw lab::Error("start a chat server", "it did not get ready in 10 s");
    }
    std::this_thread::sleep_for(1ms);
  }
  int port = 0;
  std::ifstream(file) >> port;
  return static_cast<std::uint16_t>(port);
}

Process::Process(const Plan& plan)
    : port_file_(new_port_file(plan.name)),
      child_(lab::Child::role("server",
                              {Json{{"name", plan.name},
                                    {"redis", plan.redis},
                                    {"prefix", plan.prefix},
                                    {"postgres", plan.postgres},
                                    {"resumes", plan.resumes},
                                    {"backlog", plan.backlog},
                                    {"outbox", plan.outbox},
                                    {"send_buffer", plan.send_buffer},
                                    {"pages", plan.pages},
                                    {"port_file", port_file_}}
                                   .dump()},
                              {.deadline = 24h, .capture = false})),
      port_(wait_for_port(port_file_)) {
}

Json ask(std::uint16_t port, const Json& message) {
  RawPeer peer(port);
  peer.shake_hands("/chat");
  peer.send(frame(kText, message.dump()));
  if (message.at("do") != "stats") {  // the next answer comes when this one is done
    peer.send(frame(kText, Json{{"do", "stats"}}.dump()));
  }
  const auto answer = peer.read_frame();
  peer.send(frame(kClose, std::string_view("\x03\xe8", 2)));
  return answer ? Json::parse(answer->payload) : Json::object();
}

Json stats(const Process& process) {
  return ask(process.port(), {{"do", "stats"}});
}

void switch_relay(const Process& process, bool on) {
  ask(process.port(), {{"do", "relay"}, {"on", on}});
}

ChatClient& Crowd::add(ClientSettings settings) {
  rooms_.push_back(settings.room);
  settings.seed = clients_.size() + 1;
  clients_.push_back(std::make_unique<ChatClient>(loop_, std::move(settings)));
  return *clients_.back();
}

bool Crowd::all_joined() {
  return std::ranges::all_of(clients_, [](const auto& one) { return one->joined(); });
}

bool Crowd::all_said() {
  return std::ranges::all_of(clients_, [](const auto& one) { return one->all_said(); });
}

bool Crowd::settled() {
  if (!all_said() || !all_joined()) return false;
  std::map<std::string, Position> ends;
  for (std::size_t i = 0; i < size(); ++i) {
    const auto [end, is_new] = ends.try_emplace(rooms_[i], clients_[i]->position());
    if (end->second != clients_[i]->position()) return false;
  }
  return true;
}

Verdict Crowd::judge() const {
  Checker checker;
  for (std::size_t i = 0; i < size(); ++i) {
    const Diary& diary = clients_[i]->diary();
    for (const auto& history : diary.histories) checker.saw(rooms_[i], history);
    for (const auto& id : diary.confirmed) checker.confirmed(rooms_[i], id);
  }
  return checker.judge();
}

lab::Latency Crowd::latency() const {
  lab::Latency all;
  for (const auto& client : clients_) all.merge(client->diary().latency);
  return all;
}

}  // namespace lab11
