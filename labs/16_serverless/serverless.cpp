#include "serverless.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "lab/net/uv_http_server.hpp"
#include "lab/os/process.hpp"

namespace lab16 {

namespace {

using lab::Where;
using lab::http::Request;
using Reply = lab::uv::HttpServer::Reply;
using namespace std::chrono_literals;

constexpr std::string_view kRuntime = "/2018-06-01/runtime/";

template <class Observer, class... Args>
void tell(const Observer& observer, Args&&... args) {
  if (observer) observer(std::forward<Args>(args)...);
}

void refuse(const Reply& reply, int status, std::string_view why) {
  reply({.status = status,
         .body =
             fmt::format(R"({{"errorMessage":"{}","errorType":"InvalidRequest"}})", why),
         .content_type = "application/json"});
}

}  // namespace

// One process, one port with its Runtime API, one call at a time.
class Host::Instance {
 public:
  Instance(Host& host, int number) : host_(host), number_(number) {
    Function function = host.function_;
    function.env.emplace_back("AWS_LAMBDA_RUNTIME_API",
                              fmt::format("127.0.0.1:{}", api_.listen()));
    child_.emplace(lab::Child::run(function.command, {.deadline = 24h,
                                                      .capture = false,
                                                      .env = function.env,
                                                      .output = STDERR_FILENO}));
    exited_.reset(static_cast<int>(lab::check_errno(
        syscall(SYS_pidfd_open, child_->pid(), 0), "watch an instance")));
    death_.emplace(host.loop_, exited_.get());
    death_->start(UV_READABLE, [this] { died(); });
    become(State::starting);
  }
  // What the observers may look at goes after they were told.
  ~Instance() { become(State::gone); }

  bool is_free() const { return !call_; }

  // Step 3: the call is this instance's alone until it has been answered. If the process
  // still starts, or works on after its last response, the call waits for its GET next.
  void take(Call call) {
    call_ = std::move(call);
    kill_after(host_.options_.deadline);
    if (next_) hand_out();
  }

 private:
  // Step 4: the Runtime API. GET next waits until there is an event.
  void serve(const Request& request, const Reply& reply) {
    std::string_view path = request.target;
    if (!path.starts_with(kRuntime)) return refuse(reply, 404, "no such path");
    path.remove_prefix(kRuntime.size());
    if (request.method == "GET" && path == "invocation/next") return next(reply);
    if (request.method != "POST") return refuse(reply, 405, "no such method");
    if (path == "init/error") {
      reply({.status = 202});
      return child_->kill(SIGKILL);  // it cannot serve anybody
    }
    // A response that comes too late must not answer the call that came after.
    const std::string mine = is_out_ ? "invocation/" + call_->id : "nobody's";
    if (path == mine + "/response") return answered(reply, request.body, true);
    if (path == mine + "/error") return answered(reply, request.body, false);
    refuse(reply, 400, "not the call that this instance has");
  }

  void next(const Reply& reply) {
    if (next_ || is_out_) return refuse(reply, 400, "answer the last call first");
    next_ = reply;
    if (call_) return hand_out();
    // Step 5: nothing to do, so it is not given a single cycle until there is.
    become(State::frozen);
    if (host_.options_.freezes) child_->kill(SIGSTOP);
  }

  void hand_out() {
    become(State::busy);
    is_out_ = true;
    child_->kill(SIGCONT);
    const auto due =
        std::chrono::system_clock::now().time_since_epoch() + host_.options_.deadline;
    tell(host_.observers_.on_call, number_, call_->event, Where::here());
    std::exchange(next_, {})(
        {.body = call_->event,
         .content_type = "application/json",
         .headers = {
             {"Lambda-Runtime-Aws-Request-Id", call_->id},
             {"Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:local:0:function:f"},
             {"Lambda-Runtime-Deadline-Ms",
              std::to_string(std::chrono::ceil<milliseconds>(due).count())}}});
  }

  void answered(const Reply& reply, const std::string& body, bool is_done) {
    reply({.status = 202,
           .body = R"({"status":"OK"})",
           .content_type = "application/json"});
    Call call = *std::exchange(call_, {});
    is_out_ = false;
    kill_after(host_.options_.idle);
    if (!is_done) {
      host_.failed(std::move(call), body);
    } else if (call.on_result) {
      call.on_result({.body = body});
    }
    host_.place_waiting();
  }

  void kill_after(milliseconds time) {
    timer_.start(time, [this] { child_->kill(SIGKILL); });
  }

  // Step 6: whatever ended the process, its event is not lost with it.
  void died() {
    Host& host = host_;
    std::optional<Call> call = std::exchange(call_, {});
    host.remove(*this);  // and so `this` is no more
    if (call) host.failed(std::move(*call), "the instance ended before it had answered");
    host.place_waiting();
  }

  void become(State state, Where where = Where::here()) {
    tell(host_.observers_.on_state, number_, child_ ? child_->pid() : 0, state, where);
  }

  Host& host_;
  const int number_;
  std::optional<Call> call_;
  bool is_out_ = false;  // the process has the call, and has not answered it
  Reply next_;           // its GET next, while there is nothing for it
  lab::uv::Timer timer_{host_.loop_};
  lab::uv::HttpServer api_{host_.loop_, [this](const Request& request, Reply reply) {
                             serve(request, reply);
                           }};
  std::optional<lab::Child> child_;
  lab::Descriptor exited_;              // a pidfd
  std::optional<lab::uv::Poll> death_;  // goes before what it watches
};

Host::Host(lab::uv::Loop& loop, Function function, HostOptions options,
           HostObservers observers)
    : loop_(loop),
      function_(std::move(function)),
      options_(options),
      observers_(std::move(observers)) {
  if (function_.command.empty() || options.instances < 1 || options.attempts < 1 ||
      options.idle <= 0ms || options.deadline <= 0ms || options.retry_after < 0ms)
    throw std::invalid_argument(
        "Host: a command, at least one instance and attempt, positive times");
}

Host::~Host() = default;

void Host::invoke(std::string event, OnResult on_result) {
  if (!free_instance() && instances() >= options_.instances)
    return on_result({Result::Outcome::throttled, "no instance is free"});
  waiting_.push_back({.event = std::move(event), .on_result = std::move(on_result)});
  place_waiting();
}

void Host::deliver(std::string event) {
  waiting_.push_back({.event = std::move(event)});
  place_waiting();
}

void Host::every(milliseconds period, std::string event) {
  timers_.emplace_back(loop_).start(
      period, [this, event = std::move(event)] { deliver(event); }, period);
}

Host::Instance* Host::free_instance() {
  for (auto& instance : instances_)
    if (instance->is_free()) return instance.get();
  return nullptr;
}

// Step 2: scaling. A free instance takes the event; without one, a new one starts for it.
void Host::place_waiting() {
  while (!waiting_.empty()) {
    Instance* const free = free_instance();
    if (!free && instances() >= options_.instances) return;
    Call call = std::move(waiting_.front());
    waiting_.pop_front();
    call.id = fmt::format("00000000-0000-4000-8000-{:012x}", ++calls_);
    if (free) {
      free->take(std::move(call));
    } else {
      start_for(call);
    }
  }
}

void Host::start_for(Call& call) {
  try {
    instances_.push_back(std::make_unique<Instance>(*this, starts_ + 1));
  } catch (const lab::Error& error) {
    return failed(std::move(call), error.what());
  }
  ++starts_;
  instances_.back()->take(std::move(call));
}

// Step 7: at least once. A caller who waits hears of the failure and decides himself.
void Host::failed(Call call, std::string why) {
  if (call.on_result) return call.on_result({Result::Outcome::failed, std::move(why)});
  if (call.attempt >= options_.attempts) {
    tell(observers_.on_dead_letter, call.event, Where::here());
    return dead_letters_.push_back(std::move(call.event));
  }
  const milliseconds delay = options_.retry_after * (1 << std::min(call.attempt - 1, 20));
  ++call.attempt;
  later(delay, [this, call = std::move(call)] {
    waiting_.push_back(call);
    place_waiting();
  });
}

void Host::remove(Instance& instance) {
  instances_.remove_if([&](const auto& one) { return one.get() == &instance; });
}

void Host::later(milliseconds delay, std::function<void()> what) {
  const auto timer = timers_.emplace(timers_.end(), loop_);
  timer->start(delay, [this, timer, what = std::move(what)] {
    const auto call = what;
    timers_.erase(timer);
    call();
  });
}

}  // namespace lab16
