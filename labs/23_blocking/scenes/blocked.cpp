// blocked.cpp: what stops the loop, and who waits meanwhile.
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <thread>

#include "lab/core/error.hpp"
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "world/jobs.hpp"
#include "world/pulse.hpp"

namespace lab23 {

using namespace std::chrono_literals;

namespace {

constexpr int kFileBeats = 16;  // of the clock: so long the file's bytes take to come

Job on_the_loop(std::function<std::uint64_t()> work) {
  return [work](Backend&, const Done& done) { done(work()); };
}

Job on_a_worker(const std::function<std::uint64_t()>& work) {
  return [work](Backend& backend, const Done& done) {
    if (!backend.worker.run(work, done)) done(0);
  };
}

// Stands for a slow disk: a pipe whose bytes come after some beats of the clock.
class SlowFile {
 public:
  explicit SlowFile(int slowness)
      : path_(lab::run_dir() / "slow-file"), slowness_(slowness) {
    unlink(path_.c_str());
    lab::check_errno(mkfifo(path_.c_str(), 0600), "make a pipe");
  }
  std::uint64_t read() const { return read_file(path_); }

  void on_clock(int beats) {
    if (beats < slowness_ || written_) return;
    const lab::Descriptor end(open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    const std::string bytes(4096, 'x');  // without an end: nobody reads yet
    written_ = end.get() >= 0 && write(end.get(), bytes.data(), bytes.size()) > 0;
  }

 private:
  std::filesystem::path path_;
  int slowness_;  // in beats of the clock
  bool written_ = false;
};

Pulse read_slowly(const std::string& lane, bool on_loop, int slowness = kFileBeats) {
  SlowFile file(slowness);
  const auto read = [&file] { return file.read(); };
  return pulse_during(
      lane, on_loop ? on_the_loop(read) : on_a_worker(read),
      {.on_clock = [&file](int beats) { file.on_clock(beats); }, .may_end = {}});
}

// On a very busy machine the loop does not get its turn so soon: then a slower file.
Pulse read_slowly_elsewhere(const std::string& lane) {
  Pulse pulse;
  for (int beats = kFileBeats; beats <= 16 * kFileBeats && !pulse.kept_going();
       beats *= 4)
    pulse = read_slowly(lane, false, beats);
  return pulse;
}

// The same job, with the same result, stops the loop here and not there.
bool differs(const Pulse& here, const Pulse& there) {
  return here.stopped() && there.kept_going() && here.result == there.result;
}

}  // namespace

void offences(Story& story, const Knobs& knobs) {
  story.say(
      "A timer on the loop fires every 5 ms. Then a sum is computed on the loop, and a "
      "slow file is read on it. Both times the timer should stop.");
  story.picture(lab::Picture::strips,
                {"sum on the loop", "sum on a worker", "file on the loop",
                 "file on a worker", "the clock"});
  const std::uint64_t steps = steps_for(knobs.job_for(story));
  const auto work = [steps] { return sum(steps); };
  const Pulse sum_here = pulse_during("sum on the loop", on_the_loop(work));
  const Pulse sum_there = pulse_during("sum on a worker", on_a_worker(work));
  const Pulse file_here = read_slowly("file on the loop", true);
  const Pulse file_there = read_slowly_elsewhere("file on a worker");
  const auto row = [](const char* job, const Pulse& here, const Pulse& there) {
    return std::vector<std::string>{job, std::to_string(here.clock_beats),
                                    std::to_string(there.beats),
                                    std::to_string(here.beats)};
  };
  story.table({"Beats while the job lasts",
               {"job", "the clock", "on a worker", "on the loop"},
               {row("sum", sum_here, sum_there), row("file", file_here, file_there)}});
  story.claim(
      "23.1", sum_here.stopped() && file_here.stopped() && sum_there.kept_going(),
      "the loop's timer fired {} and {} times during the two jobs, while a clock on "
      "another thread beat {} and {} times. Control: with the sum on a worker the loop's "
      "timer fired {} times",
      sum_here.beats, file_here.beats, sum_here.clock_beats, file_here.clock_beats,
      sum_there.beats);
  story.claim(
      "23.2", differs(sum_here, sum_there),
      "during a sum of {} steps on the loop its timer fired {} times. Control: with the "
      "sum on a worker, {} times",
      lab::text::count(static_cast<double>(steps)), sum_here.beats, sum_there.beats);
  story.claim(
      "23.3", differs(file_here, file_there),
      "the bytes of the file came after {} beats of the clock, and meanwhile the loop's "
      "timer fired {} times. Control: with the read on another thread, {} times",
      kFileBeats, file_here.beats, file_there.beats);
  story.nuance(
      "23.3",
      "A file in the page cache is read in microseconds. So nobody notices until "
      "the disk is slow, or the file is large.");
  story.takeaway("A call that does not return keeps everybody waiting.");
}

namespace {

// Clients that connect and ask while a job runs on the server's loop.
class Visitors {
 public:
  static constexpr int kCount = 5;

  void start(std::uint16_t port) {
    running_ = true;
    thread_ = std::thread([this, port] { visit(port); });
  }
  void job_is_over() { running_ = false; }
  bool all_answered() const { return answered_ == kCount; }
  ~Visitors() { thread_.join(); }

  int connected_meanwhile = 0, answered_meanwhile = 0;
  std::string first;  // what happened to the first one, in order

 private:
  void visit(std::uint16_t port) {
    std::array<lab::Descriptor, kCount> sockets;
    for (auto& socket : sockets) {
      socket = lab::loopback::socket();
      lab::loopback::connect(socket, port);
      connected_meanwhile += running_ ? 1 : 0;
      lab::trace::instant("connected", {.lane = "visitors"});
      lab::check_errno(send(socket.get(), "ping", 4, MSG_NOSIGNAL), "ask");
    }
    first = connected_meanwhile > 0 ? "connected" : "the job's end > connected";
    for (auto& socket : sockets) {
      char reply[4];
      lab::check_errno(recv(socket.get(), reply, sizeof reply, 0), "hear");
      lab::trace::instant("answered", {.lane = "visitors"});
      const bool meanwhile = running_;
      answered_meanwhile += meanwhile ? 1 : 0;
      if (answered_ == 0)
        first +=
            meanwhile ? " > answered > the job's end" : " > the job's end > answered";
      ++answered_;
    }
  }

  std::atomic<bool> running_ = false;
  std::atomic<int> answered_ = 0;
  std::thread thread_;
};

// Runs the job with visitors, who come as soon as it has begun.
Pulse with_visitors(const std::string& lane, const Job& job, Visitors& visitors) {
  return pulse_during(
      lane,
      [&](Backend& backend, const Done& done) {
        visitors.start(backend.server.port());
        job(backend, [&visitors, done](std::uint64_t result) {
          visitors.job_is_over();
          done(result);
        });
      },
      {.on_clock = {}, .may_end = [&] { return visitors.all_answered(); }});
}

}  // namespace

void others(Story& story, const Knobs& knobs) {
  story.say(
      "{} clients connect to the server while it computes a sum on its loop. They should "
      "be connected at once, but get their replies only after the sum.",
      Visitors::kCount);
  story.picture(lab::Picture::strips, {"the sum on the loop", "visitors", "the clock"});
  const std::uint64_t steps = steps_for(knobs.job_for(story));
  const auto work = [steps] { return sum(steps); };
  Visitors waiting, served;
  const Pulse here = with_visitors("the sum on the loop", on_the_loop(work), waiting);
  const Pulse there = with_visitors("the sum on a worker", on_a_worker(work), served);
  story.table({"What happens to the first client",
               {"server", "in this order"},
               {{"a visitor of the blocked server", waiting.first},
                {"a visitor of the free server", served.first}}});
  story.claim(
      "23.5",
      here.stopped() && waiting.answered_meanwhile == 0 && waiting.all_answered() &&
          there.kept_going() && served.answered_meanwhile >= 3,
      "of {} clients {} got a reply before the job was over, and all of them "
      "afterwards. Control: with the job on a worker {} got a reply before it was "
      "over",
      Visitors::kCount, waiting.answered_meanwhile, served.answered_meanwhile);
  story.nuance(
      "23.5",
      "They are delayed, not refused: {} of {} were connected while nobody ran the "
      "loop. The kernel accepts connections until the backlog is full, so a health "
      "check that only connects finds a blocked server healthy.",
      waiting.connected_meanwhile, Visitors::kCount);
  story.takeaway("One request that blocks the loop makes every request slow.");
}

}  // namespace lab23
