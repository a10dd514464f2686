#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "experiments.hpp"
#include "lab/process.hpp"
#include "scenes.hpp"

namespace lab05 {

namespace trace = lab::trace;
using lab::Story;

namespace {

constexpr std::size_t kPour = 4;  // the obeying child pours the limit this many times

std::size_t mapped_bytes() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// AddressSanitizer maps terabytes, and hangs when it cannot map more to report that.
// Built with it, the child gets a limit on resident memory, which the sanitizer itself
// enforces.
#if defined(__has_feature)
#define LAB05_HAS_FEATURE(name) __has_feature(name)
#else
#define LAB05_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || LAB05_HAS_FEATURE(address_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

std::vector<std::pair<std::string, std::string>> sanitizer_limit(int mib) {
  if (!kSanitized) return {};
  constexpr int kOwnMemory = 40;  // MiB; and nothing that was freed may be kept
  return {{"ASAN_OPTIONS", fmt::format("hard_rss_limit_mb={}:quarantine_size_mb=0:"
                                       "thread_local_quarantine_size_kb=0",
                                       mib + kOwnMemory)}};
}

// No core file of what is meant to die; and from here on only so many bytes more.
void limit_memory(std::size_t more) {
  const rlimit no_core{0, 0};
  const rlimit memory{mapped_bytes() + more, mapped_bytes() + more};
  lab::check_errno(setrlimit(RLIMIT_CORE, &no_core), "forbid core files");
  if (kSanitized) return;
  lab::check_errno(setrlimit(RLIMIT_AS, &memory), "limit memory");
}

// What a child told with its last whole line, and whether its queue only ever grew.
struct Poured {
  std::size_t made = 0;
  std::size_t queued = 0;
  std::size_t peak = 0;
  bool only_grew = true;
};

Poured read_report(const std::string& text) {
  Poured poured;
  std::istringstream lines(text);
  for (std::size_t made = 0, queued = 0; lines >> made >> queued;) {
    poured.only_grew = poured.only_grew && queued >= poured.queued;
    poured.made = made;
    poured.queued = queued;
    poured.peak = std::max(poured.peak, queued);
  }
  return poured;
}

std::string ending(const lab::Exit& exit) {
  if (exit.timed_out) return "did not end in time";
  if (exit.signal) return fmt::format("SIG{}", sigabbrev_np(exit.signal));
  return fmt::format("exit {}", exit.code);
}

bool ran_out_of_memory(const lab::Exit& exit) {
  const auto words = kSanitized ? "rss limit exhausted" : "bad_alloc";
  return !exit.ok() && !exit.timed_out && exit.err.find(words) != std::string::npos;
}

}  // namespace

// Step 8: an endless source under a memory limit. noexcept: a bad_alloc that nobody can
// handle ends the process with SIGABRT, as a full heap ends Node.
int flood(std::span<const std::string> args) noexcept {
  const Way way = args[0] == "ignored" ? Way::ignore : Way::pipe;
  const std::size_t limit = std::stoul(args[1]) * kMiB;
  const std::size_t mark = std::stoul(args[2]);
  World world({.chunk = 512 * kKiB,
               .high_water_mark = mark,
               .source_rate = 2 * kMiB,
               .sink_rate = kMiB,
               .kernel_buffer = kMiB});
  world.ticks.run([&] { carry(way, world.source, world.outlet.sink); });
  limit_memory(limit);
  world.run([&] {
    const std::size_t queued = world.outlet.sink.writable_length();
    fmt::print("{} {}\n", world.source.made(), queued);
    std::fflush(stdout);
    draw_tick(args[0], world);
    // Ignoring, it has no end but the one that the limit makes.
    if (way == Way::pipe && world.source.made() >= kPour * limit) world.stop();
  });
  return 0;
}

void cliff(Story& story, const Knobs& knobs) {
  const std::size_t limit = static_cast<std::size_t>(*knobs.memory) * kMiB;
  const std::size_t mark = *knobs.high_water_mark;
  story.say(
      "Two child processes, each allowed {} more than it has at its start "
      "(setrlimit). The source never ends.",
      size_text(limit));
  const auto pour = [&](const char* way) {
    lab::Child child = lab::Child::role(
        "flood", {way, std::to_string(*knobs.memory), std::to_string(mark)},
        {.env = sanitizer_limit(*knobs.memory)});
    return child.wait();
  };
  const lab::Exit ignored = pour("ignored");
  const lab::Exit obeyed = pour("obeyed");
  const Poured fell = read_report(ignored.out), stood = read_report(obeyed.out);

  const auto row = [](const char* signal, const Poured& poured, const lab::Exit& exit) {
    return std::vector<std::string>{signal, size_text(poured.made),
                                    size_text(poured.peak),
                                    size_text(exit.peak_rss_bytes), ending(exit)};
  };
  story.table({.title = fmt::format("The cliff: {} allowed", size_text(limit)),
               .columns = {"answer", "poured", "longest queue", "peak memory", "end"},
               .rows = {row("ignored", fell, ignored), row("obeyed", stood, obeyed)}});
  story.claim(
      "05.2", "Ignored, memory climbs until the process dies",
      ran_out_of_memory(ignored) && fell.only_grew && fell.peak > limit / 2 &&
          obeyed.ok() && stood.made >= kPour * limit && stood.peak <= mark + 512 * kKiB,
      "ignored: {} with {} queued of {} made; obeyed: {} after {}, never more than "
      "{} queued",
      ending(ignored), size_text(fell.queued), size_text(fell.made), ending(obeyed),
      size_text(stood.made), size_text(stood.peak));
}

}  // namespace lab05
