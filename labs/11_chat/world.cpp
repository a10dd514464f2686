#include "world.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "lab/error.hpp"
#include "lab/raw_peer.hpp"

namespace lab11 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;
namespace raw = lab::websocket;

RedisPlace::RedisPlace() : connection_(server_.url()) {
  static int count = 0;
  prefix_ = fmt::format("lab11:{}:{}:", getpid(), ++count);
}

RedisPlace::~RedisPlace() {
  if (server_.ours()) return;  // it goes with all that is in it
  try {
    forget();
  } catch (const lab::Error&) {  // gone before us
  }
}

std::string RedisPlace::ask(const std::vector<std::string>& words) try {
  return connection_.command(words);
} catch (const lab::Error& error) {
  throw lab::Error("ask Redis", error.what());
}

void RedisPlace::check() {
  ask({"PING"});
}

long RedisPlace::listeners(const std::string& room) {
  return std::stol(ask({"EVAL", "return redis.call('PUBSUB', 'NUMSUB', ARGV[1])[2]", "0",
                        prefix_ + "room:" + room}));
}

long RedisPlace::publish(const std::string& room, const std::string& text) {
  return std::stol(ask({"PUBLISH", prefix_ + "room:" + room, text}));
}

int RedisPlace::cut(const std::string& part) {
  std::istringstream list(ask({"CLIENT", "LIST"}));
  int killed = 0;
  for (std::string line; std::getline(list, line);) {
    if (line.find(" name=" + prefix_ + part + " ") == std::string::npos) continue;
    const std::string id = line.substr(3, line.find(' ') - 3);
    killed += ask({"CLIENT", "KILL", "ID", id}) == "1";
  }
  return killed;
}

void RedisPlace::forget() {
  ask({"EVAL",
       "for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do "
       "redis.call('DEL', key) end return 0",
       "0", prefix_});
}

namespace {

// Through it a server tells its port when it is ready. If it dies before, the pipe ends:
// nobody waits in vain.
class PortPipe {
 public:
  PortPipe() { lab::check_errno(pipe2(ends_, O_CLOEXEC), "make a pipe"); }
  PortPipe(const PortPipe&) = delete;
  PortPipe& operator=(const PortPipe&) = delete;
  ~PortPipe() {
    close(ends_[0]);
    if (ends_[1] >= 0) close(ends_[1]);
  }
  int server_end() const { return ends_[1]; }

  std::uint16_t port() {
    close(std::exchange(ends_[1], -1));
    pollfd source{.fd = ends_[0], .events = POLLIN, .revents = 0};
    std::uint16_t port = 0;
    const bool told =
        poll(&source, 1, 10'000) == 1 && read(ends_[0], &port, sizeof port) > 0;
    if (!told) throw lab::Error("start a chat server", "it did not get ready");
    return port;
  }

 private:
  int ends_[2] = {-1, -1};
};

Process::Started start(const std::string& role,
                       const std::function<std::string(int)>& argument) {
  PortPipe pipe;
  lab::Child child = lab::Child::role(
      role, {argument(pipe.server_end())},
      {.deadline = 24h, .capture = false, .inherit = {pipe.server_end()}});
  const std::uint16_t port = pipe.port();
  return {std::move(child), port};
}

// Where only this program finds the door that is not for people.
std::string secret() {
  std::random_device random;
  return fmt::format("/control-{:08x}{:08x}", random(), random());
}

}  // namespace

Process::Process(Started started, std::string control)
    : control_(std::move(control)), started_(std::move(started)) {
}

Process Process::server(const Plan& plan) {
  const std::string control = secret();
  const auto argument = [&](int port_pipe) {
    return Json{{"name", plan.name},       {"redis", plan.redis},
                {"prefix", plan.prefix},   {"postgres", plan.postgres},
                {"resumes", plan.resumes}, {"backlog", plan.backlog},
                {"strict", plan.strict},   {"strict", plan.strict},
                {"outbox", plan.outbox},   {"send_buffer", plan.send_buffer},
                {"pages", plan.pages},     {"control", control},
                {"port_pipe", port_pipe}}
        .dump();
  };
  return {start("server", argument), control};
}

Process Process::with_threads() {
  return {start("threads", [](int port_pipe) { return std::to_string(port_pipe); }), {}};
}

int Process::threads() const {
  const std::filesystem::directory_iterator tasks(fmt::format("/proc/{}/task", pid()));
  return static_cast<int>(std::distance(begin(tasks), end(tasks)));
}

Counts Process::tell(const std::string& command) const {
  raw::RawPeer peer(port());
  peer.shake_hands(control_);
  peer.send(raw::frame(raw::kText, command));
  const auto answer = peer.read_frame();
  if (!answer) throw lab::Error("ask a chat server", "it has gone");
  return Counts::parse(answer->payload);
}

Counts Process::counts() const {
  return tell("counts");
}

void Process::switch_relay(bool on) const {
  tell(on ? "relay on" : "relay off");
}

ChatClient& Crowd::add(ClientSettings settings) {
  rooms_.push_back(settings.room);
  settings.seed = clients_.size() + 1;
  clients_.push_back(std::make_unique<ChatClient>(loop_, std::move(settings)));
  return *clients_.back();
}

bool Crowd::until(const std::function<bool()>& done, std::chrono::milliseconds deadline) {
  const auto end = Clock::now() + deadline;
  while (!loop_.run_until(done, 200ms)) {
    if (redis_) redis_->check();
    if (Clock::now() > end) return false;
  }
  return true;
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
