// An endless source, once with its signal ignored and once obeyed, each in a process with
// little memory.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "lab/os/process.hpp"
#include "scenes/scenes.hpp"

namespace lab05 {

using lab::Story;
using lab::text::bytes;

namespace {

constexpr std::size_t kPasses = 4;  // the obeying child moves this many times its limit
constexpr std::size_t kChunk = 512 * kKiB;

// AddressSanitizer maps terabytes, so a limit on the address space would kill it at once.
// There the sanitizer's own limit on resident memory ends the child.
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
  constexpr int kOwnMemory = 40;  // MiB; and what was freed must not be kept
  return {
      {"ASAN_OPTIONS",
       fmt::format(
           "hard_rss_limit_mb={}:quarantine_size_mb=0:thread_local_quarantine_size_kb=0",
           mib + kOwnMemory)}};
}

// No core file of a process that is meant to die, and only `more` bytes from here on.
void limit_memory(std::size_t more) {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const std::size_t allowed =
      pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + more;
  const rlimit no_core{0, 0};
  const rlimit memory{allowed, allowed};
  lab::check_errno(setrlimit(RLIMIT_CORE, &no_core), "forbid core files");
  if (!kSanitized) lab::check_errno(setrlimit(RLIMIT_AS, &memory), "limit memory");
}

// How one child fared. It writes what it has made and queued after each tick, so that its
// parent knows the last state before it died.
struct Fate {
  std::size_t made = 0;
  std::size_t queued = 0;
  std::size_t longest = 0;
  bool only_grew = true;
  lab::Exit exit;

  std::string end() const {
    if (exit.timed_out) return "did not end in time";
    if (exit.signal) return fmt::format("SIG{}", sigabbrev_np(exit.signal));
    return fmt::format("exit {}", exit.code);
  }
  bool ran_out_of_memory() const {
    const auto words = kSanitized ? "rss limit exhausted" : "bad_alloc";
    return !exit.ok() && !exit.timed_out && exit.err.find(words) != std::string::npos;
  }
  std::vector<std::string> row(const char* signal) const {
    return {signal, bytes(made), end(), bytes(exit.peak_rss_bytes), bytes(longest)};
  }
};

Fate pour(const char* signal, const Knobs& knobs) {
  lab::Child child = lab::Child::role(
      "flood",
      {signal, std::to_string(*knobs.memory), std::to_string(*knobs.high_water_mark)},
      {.env = sanitizer_limit(*knobs.memory)});
  lab::trace::actor(signal, lab::trace::Actor::process, child.pid());
  Fate fate{.exit = child.wait()};
  std::istringstream lines(fate.exit.out);
  for (std::size_t made = 0, queued = 0; lines >> made >> queued;) {
    fate.only_grew = fate.only_grew && queued >= fate.queued;
    fate.made = made;
    fate.queued = queued;
    fate.longest = std::max(fate.longest, queued);
  }
  return fate;
}

}  // namespace

// noexcept: a bad_alloc that nobody can handle ends the process with SIGABRT. In production
// the kernel's OOM killer or the container's limit ends it.
int flood(std::span<const std::string> args) noexcept {
  const Way way = args[0] == "ignored" ? Way::ignore : Way::pipe;
  const std::size_t limit = std::stoul(args[1]) * kMiB;
  Transfer transfer({.chunk = kChunk,
                     .high_water_mark = std::stoul(args[2]),
                     .source_rate = 2 * kMiB,
                     .sink_rate = kMiB,
                     .kernel_buffer = kMiB});
  transfer.ticks.run([&] { carry(way, transfer.source, transfer.outlet.sink); });
  limit_memory(limit);
  transfer.run([&] {
    fmt::print("{} {}\n", transfer.source.made(), transfer.queued());
    std::fflush(stdout);
    gauge("queued", args[0], transfer.queued());
    if (way == Way::pipe && transfer.source.made() >= kPasses * limit) transfer.stop();
  });
  return 0;
}

void cliff(Story& story, const Knobs& knobs) {
  const std::size_t limit = static_cast<std::size_t>(*knobs.memory) * kMiB;
  story.say(
      "Two child processes read from an endless source. Each may add {} of memory to "
      "what it has at its start. One ignores what write() returns, and the other obeys "
      "it.",
      bytes(limit));
  story.picture(lab::Picture::curves, {"ignored queued", "obeyed queued"});
  const Fate ignored = pour("ignored", knobs);
  const Fate obeyed = pour("obeyed", knobs);
  story.table({.title = fmt::format("Two processes, {} to spare", bytes(limit)),
               .columns = {"signal", "produced", "end", "peak memory", "longest queue"},
               .rows = {ignored.row("ignored"), obeyed.row("obeyed")}});
  story.claim(
      "05.2",
      ignored.ran_out_of_memory() && ignored.only_grew && ignored.longest > limit / 2 &&
          obeyed.exit.ok() && obeyed.made >= kPasses * limit &&
          obeyed.longest <= *knobs.high_water_mark + kChunk,
      "the process that ignored the signal ended with {} and {} in its queue; the "
      "process that obeyed it moved {}, never queued more than {}, and ended with {}",
      ignored.end(), bytes(ignored.queued), bytes(obeyed.made), bytes(obeyed.longest),
      obeyed.end());
  story.nuance(
      "05.2",
      "In Node the queued Buffers are outside the V8 heap, so --max-old-space-size does "
      "not stop the growth. The OOM killer or the container's limit ends the process.");
  story.takeaway(
      "An endless source that is never paused kills the process, however much memory it "
      "has.");
}

}  // namespace lab05
