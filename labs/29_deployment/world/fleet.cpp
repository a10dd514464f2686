#include "world/fleet.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "lab/core/trace.hpp"

namespace lab29 {

namespace trace = lab::trace;
using lab::http::Response;
using lab::http::Result;
using lab::uv::HttpClient;
using lab::uv::Timer;
using namespace std::chrono_literals;

// It stays when its copy has ended: requests that it never answered are still counted.
struct Fleet::Process {
  Process(lab::uv::Loop& loop, const Copy& copy, const AppSetting& setting)
      : id(copy.id),
        name(fmt::format("{} #{}", copy.version, copy.id)),
        app(setting),
        gone(static_cast<int>(
            lab::check_errno(syscall(SYS_pidfd_open, app.pid(), 0), "watch a process"))),
        death(std::in_place, loop, gone.get()),
        prober(loop, app.port()),
        again(loop),
        unlist(loop),
        grace(loop) {
    trace::actor(name, trace::Actor::process, app.pid());
  }

  void enter(std::string_view now, lab::Where where = lab::Where::here()) {
    if (std::exchange(state, now) != now) trace::state(name, now, 0, where);
  }

  const int id;
  const std::string name;
  App app;
  lab::Descriptor gone;
  std::optional<lab::uv::Poll> death;
  HttpClient prober;
  Timer again, unlist, grace;
  bool listed = false;  // the balancer sends requests to it
  std::string_view state{};
  std::list<HttpClient> clients;
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
  tick_.start(
      10ms,
      [this] {
        rollout_.tick(Clock::now());
        watch();
      },
      10ms);
  if (!run_until([this] { return all_ready(); }))
    throw lab::Error("start the app", "its copies did not get ready");
  seen = {};
}

Fleet::~Fleet() = default;

void Fleet::update(const std::string& version) {
  rollout_.update(version, Clock::now());
}

bool Fleet::all_ready() const {
  return available() == config_.replicas &&
         std::ssize(rollout_.copies()) == config_.replicas &&
         std::ranges::none_of(processes_, [](const Process& process) {
           return process.listed &&
                  !process.death;  // the balancer has not heard of it yet
         });
}

void Fleet::load(bool on) {
  load_.stop();
  if (on)
    load_.start(
        kEvery, [this] { send("/work"); }, kEvery);
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
  Process& process = processes_.emplace_back(loop_, copy, settings_.at(copy.version));
  process.death->start(UV_READABLE, [this, &process] { died(process); });
  probe(process);
}

// SIGTERM, and the removal from the list of endpoints, start together. Nobody waits for the
// other.
void Fleet::stop(const Copy& copy) {
  Process& process = *std::ranges::find(processes_, copy.id, &Process::id);
  process.enter("stopping");
  process.unlist.start(kPropagation, [&process] { process.listed = false; });
  process.grace.start(kGrace, [&process] { process.app.process().kill(SIGKILL); });
  process.app.process().kill(SIGTERM);
  watch();
}

// The readiness probe: again and again, until the process has ended.
void Fleet::probe(Process& process) {
  process.prober.request(
      {.target = "/ready"}, 1s, [this, &process](const Result& result) {
        const auto* reply = std::get_if<Response>(&result);
        const bool ready = reply && reply->status == 200;
        const bool stopping =
            process.grace.open() && uv_is_active(process.grace.handle());
        if (!stopping && process.death) {
          process.listed = ready;
          process.enter(ready ? "ready" : "starting");
          rollout_.set_ready(process.id, ready, Clock::now());
          watch();
        }
        if (process.death)
          process.again.start(10ms, [this, &process] { probe(process); });
      });
}

void Fleet::died(Process& process) {
  process.death.reset();
  process.grace.close();
  const lab::Exit& exit = process.app.process().wait();
  ++seen.ends[exit.signal ? fmt::format("SIG{}", sigabbrev_np(exit.signal))
                          : fmt::format("exit {}", exit.code)];
  process.enter("gone");
  // A balancer that is refused knows at once; this one is told, like of any removal.
  if (!process.unlist.open() || !uv_is_active(process.unlist.handle()))
    process.unlist.start(kPropagation, [&process] { process.listed = false; });
  rollout_.gone(process.id, Clock::now());
  watch();
}

void Fleet::watch() {
  const int now = available();
  const auto running =
      static_cast<int>(std::ranges::count(rollout_.copies(), false, &Copy::stopping));
  trace::counter("ready copies", now);
  seen.least_available = std::min(seen.least_available, now);
  seen.most_running = std::max(seen.most_running, running);
}

void Fleet::kill_one() {
  const auto victim = std::ranges::find_if(
      processes_, [](const Process& process) { return process.death && process.listed; });
  if (victim != processes_.end()) victim->app.process().kill(SIGKILL);
}

void Fleet::send(const std::string& target) {
  std::vector<Process*> listed;
  for (Process& process : processes_)
    if (process.listed) listed.push_back(&process);
  ++seen.sent;
  if (listed.empty()) return void(++seen.lost);
  Process& process = *listed[turn_++ % listed.size()];
  // A connection that is free, as a balancer keeps them; else a new one. Every second request
  // is a new visitor's, and gets a connection of its own.
  auto client = std::ranges::find(process.clients, false, &HttpClient::busy);
  if (client == process.clients.end())
    client = process.clients.emplace(client, loop_, process.app.port());
  ++seen.under_way;
  const bool hangs = target == "/hang";
  const auto flow = trace::flow_out(target, {.lane = "balancer"});
  lab::http::Request request{.target = target};
  if (seen.sent % 2) request.headers = {{"Connection", "close"}};
  client->request(request, 30s, [this, flow, hangs, &process](const Result& result) {
    --seen.under_way;
    const auto* reply = std::get_if<Response>(&result);
    const bool lost = !reply || reply->status != 200;
    trace::flow_in(flow, lost ? "lost" : "reply", {.lane = process.name});
    if (lost && !hangs) ++seen.lost;
  });
}

}  // namespace lab29
