#include "world/fleet.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>

#include "lab/core/trace.hpp"

namespace lab29 {

namespace trace = lab::trace;
using lab::http::Response;
using lab::http::Result;
using lab::uv::HttpClient;
using namespace std::chrono_literals;

// It stays when its copy has ended: requests that it never answered are still counted.
struct Fleet::Process {
  Process(lab::uv::Loop& loop, const Copy& copy, const AppSetting& setting)
      : id(copy.id),
        name(fmt::format("{} #{}", copy.version, copy.id)),
        app(setting),
        prober(loop, app.port()) {
    trace::actor(name, trace::Actor::process, app.pid());
    trace::state(name, "starting");
  }
  bool has_ended() const {
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(app.pid()), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid != 0;
  }

  const int id;
  const std::string name;
  App app;
  HttpClient prober;
  std::list<HttpClient> clients{};
  bool listed = false;  // the balancer sends requests to it
  bool ended = false;
  Clock::time_point leaves = Clock::time_point::max();  // since it was stopped, or died
};

Fleet::Fleet(RolloutConfig config, std::map<std::string, AppSetting> settings)
    : config_(config),
      settings_(std::move(settings)),
      rollout_(config, settings_.begin()->first,
               {.on_start = [this](const Copy& copy, auto) { start(copy); },
                .on_stop = [this](const Copy& copy, auto) { stop(copy); },
                .on_state =
                    [](RolloutState state, lab::Where where) {
                      trace::state("rollout", to_string(state), 0, where);
                    }},
               Clock::now()) {
  const auto look = [this] { this->look(); };
  looks_.start(kLook, look, kLook);
  if (!run_until([this] { return all_ready(); }))
    throw lab::Error("start the app", "its copies did not get ready");
  seen = {};
}

Fleet::~Fleet() = default;

bool Fleet::all_ready() const {
  const auto gone = [](const Process& one) { return one.listed && one.ended; };
  return available() == config_.replicas &&
         std::ssize(rollout_.copies()) == config_.replicas &&
         std::ranges::none_of(processes_, gone);  // the balancer has heard of it
}

void Fleet::load(bool on) {
  const auto one = [this] { send("/work"); };
  on ? load_.start(kEvery, one, kEvery) : load_.stop();
}

bool Fleet::settle() {
  const bool ended = run_until(
      [this] { return std::ranges::none_of(rollout_.copies(), &Copy::stopping); });
  load(false);
  return ended && run_until([this] { return seen.under_way == 0; });
}

// The first version is started by the rollout's constructor, before all else here is used.
void Fleet::start(const Copy& copy) {
  ++seen.starts;
  processes_.emplace_back(loop_, copy, settings_.at(copy.version));
}

// SIGTERM, and the removal from the list of endpoints, start together. Neither waits for
// the other.
void Fleet::stop(const Copy& copy) {
  Process& process = *std::ranges::find(processes_, copy.id, &Process::id);
  trace::state(process.name, "stopping");
  seen.least_available = std::min(seen.least_available, available());
  process.leaves = Clock::now();
  process.app.process().kill(SIGTERM);
}

void Fleet::look() {
  const auto now = Clock::now();
  for (Process& process : processes_) {
    if (now - process.leaves >= kPropagation) process.listed = false;
    if (process.ended) continue;
    if (process.has_ended())
      died(process);
    else if (now - process.leaves >= kGrace)
      process.app.process().kill(SIGKILL);
    else if (!process.prober.busy())
      probe(process);
  }
  rollout_.tick(now);
  seen.least_available = std::min(seen.least_available, available());
  trace::counter("ready copies", available());
}

void Fleet::probe(Process& process) {
  process.prober.request({.target = "/ready"}, 1s,
                         [this, &process](const Result& result) {
                           const auto* reply = std::get_if<Response>(&result);
                           const bool ready = reply && reply->status == 200;
                           if (process.leaves != Clock::time_point::max()) return;
                           if (std::exchange(process.listed, ready) != ready)
                             trace::state(process.name, ready ? "ready" : "starting");
                           rollout_.set_ready(process.id, ready, Clock::now());
                         });
}

void Fleet::died(Process& process) {
  process.ended = true;
  process.leaves = std::min(process.leaves, Clock::now());
  const lab::Exit& exit = process.app.process().wait();
  ++seen.ends[exit.signal ? fmt::format("SIG{}", sigabbrev_np(exit.signal))
                          : fmt::format("exit {}", exit.code)];
  trace::state(process.name, "gone");
  rollout_.gone(process.id, Clock::now());
}

void Fleet::kill_one() {
  const auto one = std::ranges::find(processes_, true, &Process::listed);
  if (one != processes_.end()) one->app.process().kill(SIGKILL);
}

// Every second request is a new visitor's, with a connection of its own. The others take
// one that is free, as a balancer keeps them.
void Fleet::send(const std::string& target) {
  std::vector<Process*> listed;
  for (Process& process : processes_)
    if (process.listed) listed.push_back(&process);
  const bool hangs = target == "/hang";
  ++seen.sent;
  if (listed.empty()) return void(++seen.lost);
  Process& process = *listed[turn_++ % listed.size()];
  auto client = std::ranges::find(process.clients, false, &HttpClient::busy);
  if (client == process.clients.end())
    client = process.clients.emplace(client, loop_, process.app.port());
  lab::http::Request request{.target = target};
  if (turn_ / listed.size() % 2) request.headers = {{"Connection", "close"}};
  ++seen.under_way;
  const auto flow = trace::flow_out(target, {.lane = "balancer"});
  client->request(request, 30s, [this, flow, hangs, &process](const Result& result) {
    --seen.under_way;
    const auto* reply = std::get_if<Response>(&result);
    const bool lost = !reply || reply->status != 200;
    trace::flow_in(flow, lost ? "lost" : "reply", {.lane = process.name});
    if (lost && !hangs) ++seen.lost;
  });
}

}  // namespace lab29
