// live.cpp: a loop that beats, and jobs that you move away from it.
#include <atomic>
#include <chrono>
#include <utility>

#include "jobs.hpp"
#include "lab/program.hpp"
#include "lab/uv.hpp"
#include "scenes.hpp"
#include "worker_process.hpp"

namespace lab07 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
namespace trace = lab::trace;

namespace {

enum class Where { loop, pool, process };

// Takes jobs on a loop's thread, and does them where it is told.
class Blurs {
 public:
  Blurs(lab::uv::Loop& loop, const Dials& dials)
      : dials_(dials), pool_(dials.pool(), drawn_jobs()), channel_(loop, worker_.fd()) {
    channel_.start(UV_READABLE, [this] {
      if (worker_.receive()) --in_process_;
    });
  }

  // False if it was refused.
  bool add(Where where) {
    const auto side = static_cast<std::size_t>(*dials_.side);
    const int passes = passes_of_a_job();
    switch (where) {
      case Where::loop:
        blur(side, passes);
        return true;
      case Where::pool:
        return bool(
            pool_.submit([=](const std::stop_token& stop) { blur(side, passes, stop); }));
      case Where::process:
        // The bound is ours to keep: a socket's buffer is none.
        if (in_process_ >= *dials_.queue) return false;
        ++in_process_;
        worker_.send({.ask = Ask::blur,
                      .passes = static_cast<std::uint32_t>(passes),
                      .value = side});
        return true;
    }
    return false;
  }

  // As dialled; measured anew only when the dial has moved.
  int passes_of_a_job() {
    const std::pair now(*dials_.side, *dials_.job);
    if (std::exchange(dialled_, now) != now)
      passes_ = passes_for(static_cast<std::size_t>(now.first), now.second);
    return passes_;
  }

  std::size_t waiting() const {
    return pool_.counts().waiting + static_cast<std::size_t>(in_process_);
  }
  void stop() { pool_.stop(); }

 private:
  const Dials& dials_;
  ThreadPool pool_;
  WorkerProcess worker_;
  lab::uv::Poll channel_;
  int in_process_ = 0;
  std::pair<int, milliseconds> dialled_{};
  int passes_ = 1;
};

}  // namespace

// Step 13: turn `where` from the loop to the pool, and watch the worst gap.
void live(Story& story, const Dials& dials, const Load& load) {
  story.say("Turn where, rate and job. threads and queue are set at the start.");
  lab::uv::Loop loop;
  Blurs blurs(loop, dials);
  int beats = 0;
  double owed = 0;
  std::size_t refused = 0;
  std::chrono::duration<double, std::milli> worst{};
  auto last = Clock::now();
  lab::uv::Timer heart(loop);
  heart.start(
      5ms,
      [&] {
        if (lab::Program::stopped()) return loop.stop();
        const auto now = Clock::now();
        worst = std::max<decltype(worst)>(worst, now - last);
        last = now;
        for (owed += *load.rate / 200.0; owed >= 1; owed -= 1)
          refused += !blurs.add(static_cast<Where>(*load.where));
        if (++beats % 20 != 0) return;
        trace::counter("worst gap", worst.count(),
                       {.lane = "loop", .args = {{"unit", "ms"}}});
        trace::counter("jobs waiting", static_cast<double>(blurs.waiting()),
                       {.lane = "queue"});
        trace::counter("refused", static_cast<double>(refused), {.lane = "queue"});
        worst = {};
      },
      5ms);
  loop.run();
  blurs.stop();
}

}  // namespace lab07
