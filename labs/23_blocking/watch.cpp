#include "watch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "lab/trace.hpp"

namespace lab23 {

namespace {

constexpr int kMostBeats = 6000;  // half a minute: then something is wrong
constexpr int kBefore = 3;        // beats, before the offence
constexpr int kAfter = 1;

// Fills a pipe some beats after somebody has begun to read it; once, as its reader may
// still have it open a beat later.
class PipeWriter {
 public:
  explicit PipeWriter(std::filesystem::path path) : path_(std::move(path)) {}
  ~PipeWriter() { leave(); }

  void beat() {
    if (path_.empty() || written_) return;
    if (fd_ < 0) fd_ = open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd_ < 0 || ++beats_ < kPipeBeats) return;  // ENXIO: nobody reads yet
    const std::string text(4096, 'x');
    if (write(fd_, text.data(), text.size()) < 0) return;
    written_ = true;
    leave();
  }

 private:
  void leave() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  const std::filesystem::path path_;
  int fd_ = -1;
  int beats_ = 0;
  bool written_ = false;
};

// The world outside: its thread runs from construction to destruction.
class Outside {
 public:
  Outside(const Plan& plan, std::uint16_t port, const std::filesystem::path& file,
          const std::atomic<Stage>& stage, std::function<void()> on_done)
      : plan_(plan),
        port_(port),
        file_(file),
        stage_(stage),
        on_done_(std::move(on_done)),
        thread_([this] { live(); }) {}

  Seen seen() {
    thread_.join();
    return std::move(seen_);
  }

 private:
  void live() {
    lab::uv::Loop loop;
    Visitors visitors(loop, port_, stage_);
    std::list<Fetch> offence;
    PipeWriter writer(file_);
    int beats = 0;
    int last = plan_.offence.empty() ? plan_.beats : kMostBeats;
    lab::uv::Timer heart(loop);
    heart.start(
        kBeat,
        [&] {
          ++beats;
          seen_.beats_outside += stage_ == Stage::during;
          writer.beat();
          for (int i = 0; i < plan_.visits && beats <= last; ++i)
            visitors.visit(plan_.visit);
          if (beats == kBefore && !plan_.offence.empty()) {
            offence.emplace_back(loop, port_, plan_.offence, [&](const Answer& answer) {
              seen_.offence = answer;
              last = beats + kAfter;
            });
          }
          seen_.gave_up = beats > kMostBeats;
          if (seen_.gave_up || (beats > last && visitors.waiting() == 0)) loop.stop();
        },
        kBeat);
    loop.run();
    seen_.visits = visitors.visits();
    seen_.latency = visitors.latency();
    for (const Visit& visit : seen_.visits)
      seen_.connect = std::max(seen_.connect, visit.connected - visit.begun);
    on_done_();
  }

  const Plan plan_;
  const std::uint16_t port_;
  const std::filesystem::path file_;
  const std::atomic<Stage>& stage_;
  const std::function<void()> on_done_;
  Seen seen_;
  std::thread thread_;  // last: it uses all of the above
};

struct Beat {
  Visit::Time at;
  std::uint64_t slices;  // deferred until then
};

void describe(Seen& seen, const std::vector<Beat>& beats) {
  seen.beats = static_cast<int>(beats.size());
  seen.strip.assign(kStrip, '.');
  auto longest = Visit::Time::duration::zero();
  Beat last{seen.began, 0};
  const auto gap_until = [&](const Beat& beat) {
    longest = std::max(longest, beat.at - last.at);
    seen.silent_slices = std::max(seen.silent_slices, beat.slices - last.slices);
    last = beat;
  };
  for (const Beat& beat : beats) {
    seen.strip[place(beat.at, seen.began, seen.ended)] = '|';
    gap_until(beat);
  }
  gap_until({seen.ended, seen.slices});
  const auto all = seen.ended - seen.began;
  if (all.count() > 0)
    seen.longest =
        static_cast<double>(longest.count()) / static_cast<double>(all.count());
}

}  // namespace

std::size_t place(Visit::Time at, Visit::Time began, Visit::Time ended, int letters) {
  const auto all = std::max<std::int64_t>((ended - began).count(), 1);
  const auto index = (at - began).count() * letters / all;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(index, 0, letters - 1));
}

Seen watch(const SiteConfig& config, const Plan& plan) {
  std::atomic<Stage> stage = Stage::before;
  Visit::Time began{}, ended{};
  std::vector<Beat> beats;
  std::optional<lab::trace::Span> span;
  const auto now = [] { return std::chrono::steady_clock::now(); };

  lab::uv::Loop loop;
  lab::uv::Timer heart(loop);
  Site site(loop, config,
            {.on_begin =
                 [&] {
                   span = lab::trace::Span(plan.offence, {.lane = "offence"});
                   began = now();
                   stage = Stage::during;
                 },
             .on_end =
                 [&] {
                   ended = now();
                   stage = Stage::after;
                   span.reset();
                 }});
  heart.start(
      kBeat,
      [&] {
        lab::trace::instant("beat", {.lane = "loop"});
        if (stage == Stage::during) beats.push_back({now(), site.slices()});
      },
      kBeat);
  lab::uv::Async done(loop, [&] { loop.stop(); });
  // Its pipe is for whoever reads the file: this site, or its service.
  Outside outside(plan, site.port(), config.file, stage, [&] { done.send(); });
  loop.run();
  Seen seen = outside.seen();
  seen.began = began;
  seen.ended = ended;
  seen.slices = site.slices();
  seen.refused = site.refused();
  describe(seen, beats);
  return seen;
}

}  // namespace lab23
