#include "uncaught.hpp"

#include <utility>

namespace lab08 {

struct Runtime::Rejection {
  Error error;
  bool told = false;  // that nobody had handled it
};

std::string_view name(Origin origin) {
  return origin == Origin::exception ? "uncaughtException" : "unhandledRejection";
}

void Runtime::set_immediate(Job job) {
  immediates_.set_immediate([this, job = std::move(job)] { call(job); });
}

void Runtime::set_timeout(Job job, double milliseconds) {
  timeouts_.set_timeout([this, job = std::move(job)] { call(job); }, milliseconds);
}

int Runtime::run(const Job& program) {
  call(program);
  if (!ended_) loop_.run();
  return ended_.value_or(exit_code);
}

// Step 2: the outermost frame of every callback. Below it is C (libuv), which knows nothing
// of exceptions: what is not caught here must not get there.
void Runtime::call(const Job& job) {
  if (ended_) return;
  guarded(job);
  drain();
}

void Runtime::guarded(const Job& job) {
  try {
    job();
  } catch (...) {
    uncaught(std::current_exception(), Origin::exception);
  }
}

// Step 3: the handler of last resort. Without one the process ends. If the handler throws,
// nothing above it can catch that.
void Runtime::uncaught(const Error& error, Origin origin) {
  try {
    if (on_monitor) on_monitor(error, origin);
    if (!on_uncaught) return exit(1);
    on_uncaught(error, origin);
  } catch (...) {
    exit(7);
  }
}

void Runtime::exit(int code) {
  if (!ended_) ended_ = code;
  ticks_.clear();
  microtasks_.clear();
  unhandled_.clear();
  handled_late_ = 0;
  loop_.stop();
}

void Runtime::drain() {
  const auto run_all = [this](std::deque<Job>& queue) {
    while (!queue.empty()) {
      const Job job = std::move(queue.front());
      queue.pop_front();
      guarded(job);
    }
  };
  bool more = true;
  while (more) {
    run_all(ticks_);
    run_all(microtasks_);
    if (ticks_.empty()) guarded([&] { more = tell_rejections(); });
  }
}

// Step 4: the microtasks have drained. Until now a rejection had time to find its handler.
// The batch is fixed now. A handler that attaches a catch to a later rejection of the batch
// is too late. If a handler throws, the rest of the batch is never reported.
// Returns whether that may have given the queues new work.
bool Runtime::tell_rejections() {
  const bool any = handled_late_ > 0 || !unhandled_.empty();
  while (handled_late_ > 0) {
    --handled_late_;
    if (on_handled_late) on_handled_late();
  }
  for (const auto& rejection : std::exchange(unhandled_, {})) {
    rejection->told = true;
    const Error error = rejection->error;
    if (on_unhandled) {
      on_unhandled(error);
    } else if (rejections_ == Rejections::warn) {
      if (on_warning) on_warning(error);
    } else {
      uncaught(error, Origin::rejection);
    }
    if (ended_) return false;
  }
  return any;
}

struct Promise::State {
  Runtime& runtime;
  std::shared_ptr<Runtime::Rejection> rejection{};  // none: fulfilled, or pending
  bool pending = false;
  bool handled = false;
  // Each is given the rejection, or nullptr. It must not hold this state: a promise that
  // never settles would hold itself.
  std::vector<std::function<void(const Runtime::Rejection*)>> reactions{};

  void settle(Error error) {
    pending = false;
    if (error) {
      rejection = std::make_shared<Runtime::Rejection>(Runtime::Rejection{error});
      if (!handled) runtime.unhandled_.push_back(rejection);
    }
    for (auto& reaction : std::exchange(reactions, {}))
      runtime.microtask([reaction = std::move(reaction), rejected = rejection] {
        reaction(rejected.get());
      });
  }
};

Promise Promise::rejected(Runtime& runtime, Error error) {
  const auto state = std::make_shared<State>(State{runtime});
  state->settle(std::move(error));
  return Promise(state);
}

Promise Promise::async(Runtime& runtime, const Job& body) {
  const auto state = std::make_shared<State>(State{runtime});
  try {
    body();
  } catch (...) {
    state->settle(std::current_exception());
  }
  return Promise(state);
}

Promise Promise::or_else(std::function<void(const Error&)> handler) {
  Runtime& runtime = state_->runtime;
  // Step 5: a handler takes the error over. In time: the registry forgets it. Too late: the
  // registry has already told, and can only tell that too.
  if (state_->rejection && !state_->handled) {
    if (state_->rejection->told)
      ++runtime.handled_late_;
    else
      std::erase(runtime.unhandled_, state_->rejection);
  }
  state_->handled = true;
  const auto next = std::make_shared<State>(State{.runtime = runtime, .pending = true});
  auto react = [next, handler = std::move(handler)](const Runtime::Rejection* rejection) {
    Error thrown;
    try {
      if (rejection) handler(rejection->error);
    } catch (...) {
      thrown = std::current_exception();
    }
    next->settle(thrown);
  };
  if (state_->pending)
    state_->reactions.push_back(std::move(react));
  else
    runtime.microtask([react = std::move(react), rejected = state_->rejection] {
      react(rejected.get());
    });
  return Promise(next);
}

}  // namespace lab08
