#include "world/load.hpp"

#include <algorithm>
#include <memory>
#include <sstream>
#include <variant>
#include <vector>

#include "lab/net/uv_http_client.hpp"

namespace lab06 {

using namespace std::chrono_literals;
using lab::uv::HttpClient;

namespace {

class Load {
 public:
  Load(lab::uv::Loop& loop, std::uint16_t port, const LoadConfig& config,
       const std::function<void(const LoadResult&)>& on_result)
      : config_(config), on_result_(on_result) {
    for (int i = 0; i < config.clients; ++i)
      clients_.push_back(std::make_unique<HttpClient>(loop, port));
    request_.target = config.target;
    if (!config.keep_alive) request_.headers = {{"Connection", "close"}};
  }

  LoadResult run(lab::uv::Loop& loop) {
    for (const auto& client : clients_) send(*client);
    while (!enough() || result_.answered + result_.failed < sent_) loop.run(UV_RUN_ONCE);
    return result_;
  }

 private:
  bool enough() const {
    return sent_ >= config_.requests && (!config_.enough || config_.enough());
  }
  void send(HttpClient& client) {
    if (enough()) return;
    ++sent_;
    const auto sent_at = std::chrono::steady_clock::now();
    client.request(request_, 30s, [this, &client, sent_at](const lab::http::Result& end) {
      const auto* reply = std::get_if<lab::http::Response>(&end);
      if (reply && reply->status == 200) {
        if (config_.latency)
          config_.latency->record(std::chrono::steady_clock::now() - sent_at);
        count(reply->body);
      } else {
        ++result_.failed;
      }
      if (on_result_) on_result_(result_);
      send(client);
    });
  }
  // Two replies may be read in another order than the worker gave them.
  void count(const std::string& body) {
    pid_t pid = 0;
    std::int64_t cpu = 0;
    WorkerReport now;
    std::istringstream(body) >> pid >> now.counter >> now.most_at_once >> cpu;
    WorkerReport& worker = result_.workers[pid];
    ++result_.answered;
    ++worker.answers;
    worker.counter = std::max(worker.counter, now.counter);
    worker.most_at_once = std::max(worker.most_at_once, now.most_at_once);
    worker.cpu = std::max(worker.cpu, std::chrono::microseconds(cpu));
  }

  const LoadConfig& config_;
  const std::function<void(const LoadResult&)>& on_result_;
  lab::http::Request request_;
  std::vector<std::unique_ptr<HttpClient>> clients_;
  int sent_ = 0;
  LoadResult result_{};
};

}  // namespace

LoadResult load(lab::uv::Loop& loop, std::uint16_t port, const LoadConfig& config,
                const std::function<void(const LoadResult&)>& on_result) {
  return Load(loop, port, config, on_result).run(loop);
}

}  // namespace lab06
