#include "serverless.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <stdexcept>

#include "lab/net/uv_http_server.hpp"
#include "lab/os/process.hpp"

namespace lab16 {

using lab::Where;
using Reply = lab::uv::HttpServer::Reply;
using namespace std::chrono_literals;

// One process, one port with its Runtime API, one call at a time.
class Host::Instance {
 public:
  explicit Instance(Host& host) : host_(host), number_(host.starts_ + 1) {
    become(State::starting);
    death_.start(UV_READABLE, [this] { died(); });
  }
  ~Instance() { become(State::gone); }

  bool is_free() const { return !call_; }

  // Step 3: from now on the call is this instance's alone. If the process is starting, or
  // works on after its last response, the call waits for its GET next.
  void take(Call call) {
    call_ = std::move(call);
    due_ = std::chrono::system_clock::now() + host_.options_.deadline;
    kill_after(host_.options_.deadline);
    if (next_) hand_out();
  }

 private:
  lab::Child start() {
    auto env = host_.function_.env;
    env.emplace_back("AWS_LAMBDA_RUNTIME_API",
                     fmt::format("127.0.0.1:{}", api_.listen()));
    return lab::Child::run(host_.function_.command, {.deadline = 24h,
                                                     .capture = false,
                                                     .env = env,
                                                     .output = STDERR_FILENO,
                                                     .folder = host_.function_.folder});
  }

  // Step 4: the Runtime API. A response that comes too late must not answer the next call.
  void serve(const lab::http::Request& request, const Reply& reply) {
    std::string what = request.method + ' ' + request.target;
    if (what.find("//") != what.npos) what.erase(what.find("//"), 1);  // as some ask
    const std::string path = " /2018-06-01/runtime/invocation/";
    const std::string mine = "POST" + path + (call_ ? call_->id : "");
    if (what == "GET" + path + "next" && !next_ && !is_out_) return wait_for_event(reply);
    if (!is_out_ || (what != mine + "/response" && what != mine + "/error"))
      return reply({.status = 400, .body = R"({"errorType":"InvalidRequest"})"});
    reply({.status = 202, .body = R"({"status":"OK"})"});
    answered(what == mine + "/response", request.body);
  }

  // Step 5: GET next has no reply until there is an event, and until then the process gets
  // no CPU time at all.
  void wait_for_event(const Reply& reply) {
    next_ = reply;
    if (call_) return hand_out();
    become(State::frozen);
    if (host_.options_.freezes) child_.kill(SIGSTOP);
  }

  void hand_out() {
    child_.kill(SIGCONT);
    become(State::busy);
    is_out_ = true;
    const auto since_1970 = std::chrono::floor<milliseconds>(due_.time_since_epoch());
    std::exchange(next_, {})(
        {.body = call_->event,
         .content_type = "application/json",
         .headers = {
             {"Lambda-Runtime-Aws-Request-Id", call_->id},
             {"Lambda-Runtime-Deadline-Ms", std::to_string(since_1970.count())},
             {"Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:::function"}}});
  }

  void answered(bool is_done, const std::string& body) {
    Call call = *std::exchange(call_, {});
    is_out_ = false;
    kill_after(host_.options_.idle);
    if (!is_done) {
      host_.failed(std::move(call), body);
    } else if (call.on_result) {
      call.on_result({200, body});
    }
    host_.place_waiting();
  }

  void kill_after(milliseconds time) {
    timer_.start(time, [this] { child_.kill(SIGKILL); });
  }

  // Step 6: whatever has ended the process, its event is not lost with it.
  void died() {
    Host& host = host_;
    if (call_) died_of_ = call_->event;
    std::optional<Call> call = std::exchange(call_, {});
    host.instances_.remove_if([this](auto& one) { return &one == this; });
    // From here on there is no `this`.
    if (call) host.failed(std::move(*call), "the instance ended before it had answered");
    host.place_waiting();
  }

  void become(State state, Where where = Where::here()) {
    const std::string& event = state == State::busy ? call_->event : died_of_;
    if (host_.on_state_) host_.on_state_(number_, child_.pid(), state, event, where);
  }

  Host& host_;
  const int number_;
  std::optional<Call> call_;
  std::string died_of_;  // the event that it had not answered
  std::chrono::system_clock::time_point due_;
  bool is_out_ = false;  // the process has the call, and has not answered it
  Reply next_;           // of its GET next, while there is nothing for it
  lab::uv::Timer timer_{host_.loop_};
  lab::uv::HttpServer api_{host_.loop_,
                           [this](auto& request, auto reply) { serve(request, reply); }};
  lab::Child child_ = start();
  lab::Descriptor pidfd_{static_cast<int>(
      lab::check_errno(syscall(SYS_pidfd_open, child_.pid(), 0), "watch an instance"))};
  lab::uv::Poll death_{host_.loop_, pidfd_.get()};
};

Host::Host(lab::uv::Loop& loop, Function function, HostOptions options, OnState on_state)
    : loop_(loop),
      function_(std::move(function)),
      options_(options),
      on_state_(std::move(on_state)) {
  if (function_.command.empty() || options.instances < 1 || options.attempts < 1 ||
      std::min({options.idle, options.deadline, options.retry_after}) <= 0ms)
    throw std::invalid_argument("Host: a command; counts and times above 0");
}

Host::~Host() = default;

void Host::invoke(std::string event, OnResult on_result) {
  if (!free_instance() && instances() >= options_.instances)
    return on_result({429, "no instance is free"});
  waiting_.push_back({std::move(event), std::move(on_result)});
  place_waiting();
}

void Host::deliver(std::string event) {
  waiting_.push_back({std::move(event), {}});
  place_waiting();
}

void Host::every(milliseconds period, std::string event) {
  timers_.emplace_back(loop_).start(
      period, [=, this] { deliver(event); }, period);
}

Host::Instance* Host::free_instance() {
  const auto found = std::ranges::find_if(instances_, &Instance::is_free);
  return found == instances_.end() ? nullptr : &*found;
}

// Step 2: scaling. A free instance takes the event; if there is none, a new one starts.
void Host::place_waiting() {
  while (!waiting_.empty() && (free_instance() || instances() < options_.instances)) {
    Call call = std::move(waiting_.front());
    waiting_.pop_front();
    call.id = fmt::format("00000000-0000-4000-8000-{:012x}", ++calls_);
    try {
      if (!free_instance()) {
        instances_.emplace_back(*this);
        ++starts_;
      }
    } catch (const lab::Error& error) {
      failed(std::move(call), error.what());
      continue;
    }
    free_instance()->take(std::move(call));
  }
}

// Step 7: at least once. A caller who waits hears of the failure, and may try again.
void Host::failed(Call call, std::string why) {
  if (call.on_result) return call.on_result({502, std::move(why)});
  if (call.attempt >= options_.attempts) return dead_letters_.push_back(call.event);
  const auto delay = options_.retry_after * (1 << std::min(call.attempt++ - 1, 20));
  const auto timer = timers_.emplace(timers_.end(), loop_);
  timer->start(delay, [this, timer, call = std::move(call)] {
    waiting_.push_back(call);
    timers_.erase(timer);
    place_waiting();
  });
}

}  // namespace lab16
