// offences.cpp: what blocks the loop, and what does not.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <set>
#include <vector>

#include "jobs.hpp"
#include "lab/error.hpp"
#include "lab/run_dir.hpp"
#include "scenes.hpp"

namespace lab23 {

using namespace std::chrono_literals;
using Ms = std::chrono::duration<double, std::milli>;

namespace {

constexpr int kFew = 3;  // beats: a loop that is free has more, even on a busy machine

std::filesystem::path pipe_path() {
  const auto path = lab::run_dir() / "slow-file";
  if (!exists(path)) lab::check_errno(mkfifo(path.c_str(), 0600), "make a pipe");
  return path;
}

Plan plan_of(Offence offence, Cure cure) {
  return {.offence = fmt::format("/{}/{}", name(offence), name(cure))};
}

// Whether a beat would have had the time to fall into it.
bool was_long(const Seen& seen) {
  return seen.lasted() > 4 * kBeat;
}

std::string beats_of(const Seen& seen) {
  return was_long(seen) ? std::to_string(seen.beats) : "over at once";
}

std::string in_ms(Ms time) {
  return fmt::format("{:.{}f}", time.count(), time < 10ms ? 1 : 0);
}

}  // namespace

bool was_free(const Seen& seen) {
  return seen.offence.status == 200 && seen.beats >= kFew;
}
bool was_blocked(const Seen& seen) {
  return seen.offence.status == 200 && seen.beats == 0 && seen.beats_outside >= kFew;
}

SiteConfig site_config(const Story& story, const Dials& dials) {
  const milliseconds job = story.quick() ? std::max(*dials.job / 4, 50ms) : *dials.job;
  return {.steps = steps_for(job),
          .file = pipe_path(),
          .letters = letters_for(job),
          .elements = elements_for(job),
          .small = steps_for(5ms)};
}

Service::Service(const SiteConfig& config)
    : child_(
          (lab::check_errno(pipe2(fds_, O_CLOEXEC), "make a pipe"),
           lab::Child::role("service",
                            {std::to_string(fds_[1]), std::to_string(config.steps),
                             config.file.string(), std::to_string(config.letters),
                             std::to_string(config.elements)},
                            {.deadline = 24h, .capture = false, .inherit = {fds_[1]}}))) {
  close(fds_[1]);
  const ssize_t got = read(fds_[0], &port_, sizeof port_);
  close(fds_[0]);
  if (got != sizeof port_) throw lab::Error("start the service", "it told no port");
}

int service_main(std::span<const std::string> args) {
  if (args.size() != 5) return 2;
  std::signal(SIGPIPE, SIG_IGN);
  lab::uv::Loop loop;
  Site site(loop, {.steps = std::stoull(args[1]),
                   .file = args[2],
                   .letters = std::stoull(args[3]),
                   .elements = std::stoull(args[4])});
  const int fd = std::stoi(args[0]);
  const std::uint16_t port = site.port();
  lab::check_errno(write(fd, &port, sizeof port), "tell the port");
  close(fd);
  lab::uv::Timer stay(loop);
  stay.start(
      24h, [] {}, 24h);
  loop.run();  // until it is killed, with who started it
  return 0;
}

namespace {

constexpr Cure kCures[] = {Cure::none, Cure::cut, Cure::worker, Cure::process};
using Matrix = std::map<std::pair<Offence, Cure>, Seen>;

// In a quick run only what a claim needs.
Matrix watch_all(const SiteConfig& config, bool quick) {
  Matrix seen;
  for (const Offence offence : kOffences) {
    SiteConfig one = config;
    if (offence != Offence::json) one.elements = 0;  // no need to write the document
    for (const Cure cure : kCures) {
      const bool needed =
          offence == Offence::sum || cure == Cure::none || cure == Cure::cut;
      if (needed || !quick) seen[{offence, cure}] = watch(one, plan_of(offence, cure));
    }
  }
  return seen;
}

void show(Story& story, const Matrix& seen) {
  const std::vector<std::string> columns{"", "on the loop", "cut", "worker", "process"};
  lab::Table beats{"Beats of the loop while it lasted", columns, {}};
  lab::Table waits{"99 % of the others waited less than, ms", columns, {}};
  lab::Table strips{"The heart of the loop (|), while it lasted", {"", "ms", ""}, {}};
  for (const auto& [which, now] : seen) {
    const auto [offence, cure] = which;
    const std::string called(name(offence));
    if (cure == Cure::none) {  // the first of its row
      beats.rows.push_back({called});
      waits.rows.push_back({called});
    }
    beats.rows.back().push_back(beats_of(now));
    waits.rows.back().push_back(in_ms(now.latency.percentile(99)));
    if (cure == Cure::none || (cure == Cure::cut && was_long(now)))
      strips.rows.push_back({called + (cure == Cure::cut ? ", cut" : ""),
                             fmt::format("{:.0f}", now.lasted().count()), now.strip});
  }
  for (lab::Table* table : {&beats, &waits})
    for (auto& row : table->rows) row.resize(columns.size(), "(quick)");
  story.table(strips);
  story.table(beats);
  story.table(waits);
}

void claim_blocked(Story& story, const Matrix& seen) {
  bool blocked = true;
  std::string outside;
  for (const Offence offence : kOffences) {
    const Seen& now = seen.at({offence, Cure::none});
    blocked &= was_blocked(now);
    outside += fmt::format("{}{}", outside.empty() ? "" : ", ", now.beats_outside);
  }
  const Seen& apart = seen.at({Offence::sum, Cure::worker});
  story.claim("23.1", "one thread: a long synchronous job stops the loop",
              blocked && was_free(apart),
              "four jobs on the loop: 0 beats, while another loop beat {} times; the "
              "first one on a worker: {} beats",
              outside, apart.beats);
}

// The same job blocks the loop in one place, and not in the other.
bool differs(const Seen& here, const Seen& there) {
  return was_blocked(here) && was_free(there) && here.offence.body == there.offence.body;
}

}  // namespace

void offences(Story& story, const Dials& dials) {
  SiteConfig config = site_config(story, dials);
  story.say(
      "One server, one loop. A timer on it beats every 5 ms, and others ask for "
      "/ping as often. Then somebody asks for one of these.");
  const Service service(config);
  config.service = service.port();
  const Matrix seen = watch_all(config, story.quick());
  show(story, seen);
  claim_blocked(story, seen);
  const Seen& here = seen.at({Offence::sum, Cure::none});
  const Seen& apart = seen.at({Offence::sum, Cure::worker});
  story.claim("23.2", "... such as a heavy calculation", differs(here, apart),
              "a sum of {} steps: {} beats in {:.0f} ms; the same sum on a worker: {} in "
              "{:.0f} ms",
              config.steps, here.beats, here.lasted().count(), apart.beats,
              apart.lasted().count());
  const Seen& blocking = seen.at({Offence::file, Cure::none});
  const Seen& pooled = seen.at({Offence::file, Cure::cut});
  story.claim("23.3", "... such as a synchronous file read", differs(blocking, pooled),
              "a file whose bytes take {} beats of another loop to come: read on the "
              "loop {} beats; read asynchronously, on libuv's pool, {}",
              kPipeBeats, blocking.beats, pooled.beats);
  story.nuance("23.3",
               "a file in the page cache is read in microseconds: that is why it is "
               "not noticed before the disk is slow, or the file large");
}

// --- 23.6 to 23.8 ---

namespace {

void claim_cures(Story& story, std::map<Cure, Seen>& seen) {
  const Seen& whole = seen[Cure::none];
  const Seen& cut = seen[Cure::cut];
  const bool no_cure = was_blocked(seen[Cure::ticks]) &&
                       was_blocked(seen[Cure::promises]) &&
                       was_blocked(seen[Cure::async_function]);
  const Seen& ticks = seen[Cure::ticks];
  const Seen& promises = seen[Cure::promises];
  const bool really_cut = ticks.silent_slices > 3 && promises.silent_slices > 3 &&
                          cut.slices > 3 && cut.silent_slices <= 3;
  story.claim("23.6", "cure: partition it with setImmediate",
              differs(whole, cut) && no_cure && really_cut,
              "{} slices: {} beats, at most {} slices without one; by nextTick {} slices "
              "without a beat, by promises {}; an async function: {} beats",
              cut.slices + 1, cut.beats, cut.silent_slices, ticks.slices + 1,
              promises.slices + 1, seen[Cure::async_function].beats);
  story.nuance("23.6",
               "cutting is not enough, what is between the slices decides: ticks and "
               "promises are drained before the loop goes on. async does not help: "
               "until its first await it is a function like any other");
  const Seen& worker = seen[Cure::worker];
  story.claim("23.7", "cure: worker threads", differs(whole, worker),
              "{} beats in {:.0f} ms; on the loop {}", worker.beats,
              worker.lasted().count(), whole.beats);
  const Seen& process = seen[Cure::process];
  story.claim(
      "23.8", "cure: offload it to another service", differs(whole, process),
      "a process of its own, asked over HTTP: {} beats in {:.0f} ms; on the loop {}",
      process.beats, process.lasted().count(), whole.beats);
}

}  // namespace

void cures(Story& story, const Dials& dials) {
  SiteConfig config = site_config(story, dials);
  config.elements = 0;
  const Service service(config);
  config.service = service.port();
  story.say("The same sum, run in seven ways; where it is cut, in slices of {} ms.",
            config.slice / 1ms);
  const std::pair<const char*, Cure> ways[] = {
      {"in one go", Cure::none},           {"an async function", Cure::async_function},
      {"slices, nextTick", Cure::ticks},   {"slices, promise", Cure::promises},
      {"slices, setImmediate", Cure::cut}, {"a worker thread", Cure::worker},
      {"another process", Cure::process}};
  lab::Table table{"The same sum", {"", "slices", "beats", "heart"}, {}};
  std::map<Cure, Seen> seen;
  for (const auto& [what, cure] : ways) {
    const Seen& now = seen[cure] = watch(config, plan_of(Offence::sum, cure));
    table.rows.push_back(
        {what, std::to_string(now.slices + 1), std::to_string(now.beats), now.strip});
  }
  story.table(table);
  claim_cures(story, seen);
}

void slices(Story& story, const Dials& dials) {
  SiteConfig config = site_config(story, dials);
  config.elements = 0;
  story.say("How long should a slice be? It is what the others wait for.");
  lab::Table table{"The same sum, by the length of its slices",
                   {"slice", "slices", "total ms", "longest gap ms", "p99 of others ms"},
                   {}};
  std::set<microseconds> lengths{100us, 5000us, 1'000'000us, *dials.slice};
  if (!story.quick()) lengths.insert({1000us, 20'000us});
  for (const microseconds slice : lengths) {
    config.slice = slice;
    const Seen now = watch(config, plan_of(Offence::sum, Cure::cut));
    table.rows.push_back(
        {slice == 1s ? "all of it" : fmt::format("{} ms", slice.count() / 1000.0),
         std::to_string(now.slices + 1), fmt::format("{:.0f}", now.lasted().count()),
         fmt::format("{:.1f}", now.longest * now.lasted().count()),
         in_ms(now.latency.percentile(99))});
  }
  story.table(table);
  story.say(
      "A slice is what the others wait for. Each costs a turn of the loop, which is "
      "little: a few milliseconds is the usual choice.");
}

}  // namespace lab23
