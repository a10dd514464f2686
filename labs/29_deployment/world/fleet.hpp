// fleet.hpp: copies of the app as a rollout wants them, a balancer in front, and its load.
//
// What Kubernetes spreads over a cluster, on one loop: the kubelet that starts, probes and
// ends processes, and the list of endpoints that a balancer reads. As there, a copy gets
// SIGTERM at the moment when its removal from that list only begins.
#pragma once

#include <list>
#include <map>
#include <string>

#include "deployment.hpp"
#include "lab/net/uv_http_client.hpp"
#include "world/app.hpp"

namespace lab29 {

inline constexpr milliseconds kPropagation{50};  // until the balancer hears of a removal
inline constexpr milliseconds kGrace{600};       // from SIGTERM to SIGKILL
inline constexpr milliseconds kEvery{3};         // a request
inline constexpr milliseconds kLook{10};         // at each process, and its readiness

class Fleet {
 public:
  // Returns once all copies are ready. Settings by version, of each that will be wanted.
  Fleet(RolloutConfig config, std::map<std::string, AppSetting> settings);
  ~Fleet();

  void update(const std::string& version) { rollout_.update(version, Clock::now()); }
  void roll_back() { rollout_.roll_back(Clock::now()); }
  void kill_one();                       // SIGKILL, as a crash
  void send(const std::string& target);  // one request, to the copy whose turn it is

  void load(bool on);  // a request every few milliseconds

  // Runs the loop until this is so; false if that takes half a minute.
  template <class Condition>
  bool run_until(Condition holds) {
    const auto deadline = Clock::now() + std::chrono::seconds(30);
    while (!holds() && Clock::now() < deadline) loop_.run(UV_RUN_ONCE);
    return holds();
  }
  // Until the copies that were told to stop have ended; then the load ends.
  bool settle();

  const Rollout& rollout() const { return rollout_; }
  int available() const { return rollout_.available(Clock::now()); }
  bool all_ready() const;

  struct Seen {
    int sent = 0, lost = 0, under_way = 0;
    int least_available = 1'000, starts = 0;
    std::map<std::string, int> ends{};  // "exit 0", "SIGKILL": how many
  };
  Seen seen{};

 private:
  struct Process;
  void start(const Copy& copy);
  void stop(const Copy& copy);
  void probe(Process& process);
  void died(Process& process);
  void look();

  lab::uv::Loop loop_;
  const RolloutConfig config_;
  const std::map<std::string, AppSetting> settings_;
  std::list<Process> processes_;
  std::size_t turn_ = 0;
  lab::uv::Timer load_{loop_}, looks_{loop_};
  Rollout rollout_;
};

}  // namespace lab29
