#include "load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <sstream>
#include <vector>

namespace lab06 {

namespace {

struct Run {
  lab::uv::Loop& loop;
  std::uint16_t port;
  const LoadConfig& config;
  const std::function<void(const LoadResult&)>& on_answer;
  int sent = 0;
  LoadResult result{};

  bool enough() const {
    return sent >= config.requests && (!config.enough || config.enough());
  }
  bool over() const { return enough() && result.answered + result.failed == sent; }
};

class Client {
 public:
  explicit Client(Run& run) : run_(run) {}

  void ask() {
    if (run_.enough()) return tcp_.reset();
    ++run_.sent;
    bytes_.clear();
    asked_ = std::chrono::steady_clock::now();
    if (tcp_) return send();
    ++run_.result.connections;
    tcp_.emplace(run_.loop);
    tcp_->connect(run_.port, [this](int status) {
      if (status < 0) return fail();
      tcp_->read_start(
          [this](std::string_view bytes, int result) { read(bytes, result); });
      send();
    });
  }

 private:
  void send() {
    request_ =
        fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", run_.config.target);
    tcp_->write(request_, [](int) {});  // a failure is read as the end
  }
  void read(std::string_view bytes, int status) {
    if (status < 0) return fail();
    bytes_ += bytes;
    const std::size_t head = bytes_.find("\r\n\r\n");
    const std::size_t length = bytes_.find("Content-Length: ");
    if (head == std::string::npos || length == std::string::npos) return;
    if (bytes_.size() < head + 4 + std::stoul(bytes_.substr(length + 16))) return;
    take(bytes_.substr(head + 4));
    if (!run_.config.keep_alive || bytes_.find("Connection: close") < head) tcp_.reset();
    done();
  }
  void take(const std::string& body) {
    if (!bytes_.starts_with("HTTP/1.1 200")) {
      ++run_.result.failed;
      return;
    }
    ++run_.result.answered;
    if (run_.config.latency)
      run_.config.latency->record(std::chrono::steady_clock::now() - asked_);
    pid_t pid = 0;
    std::int64_t cpu = 0;
    Seen now;
    std::istringstream(body) >> pid >> now.counter >> now.most_at_once >> cpu;
    // Two answers may be read in another order than the worker gave them.
    Seen& seen = run_.result.workers[pid];
    ++seen.answers;
    seen.counter = std::max(seen.counter, now.counter);
    seen.most_at_once = std::max(seen.most_at_once, now.most_at_once);
    seen.cpu = std::max(seen.cpu, std::chrono::microseconds(cpu));
  }
  void fail() {
    ++run_.result.failed;
    tcp_.reset();
    done();
  }
  void done() {
    if (run_.on_answer) run_.on_answer(run_.result);
    ask();
    if (run_.over()) run_.loop.stop();
  }

  Run& run_;
  std::optional<lab::uv::Tcp> tcp_;
  std::string request_;
  std::string bytes_;
  std::chrono::steady_clock::time_point asked_{};
};

}  // namespace

LoadResult load(lab::uv::Loop& loop, std::uint16_t port, const LoadConfig& config,
                const std::function<void(const LoadResult&)>& on_answer) {
  Run run{loop, port, config, on_answer};
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < config.clients; ++i)
    clients.push_back(std::make_unique<Client>(run));
  for (const auto& one : clients) one->ask();
  while (!run.over()) loop.run();
  return run.result;
}

}  // namespace lab06
