#include "verbs/watch.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstdio>
#include <sstream>

#include "core/lab_process.hpp"
#include "core/ledger.hpp"
#include "lab/core/error.hpp"

namespace runner {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using lab::Style;

constexpr std::chrono::milliseconds kQuiet = 100ms;  // an editor saves in several steps
constexpr std::chrono::milliseconds kDeadline = 120s;

// Becomes readable when a source file in one of its folders, or in theirs, was written.
class SavedFiles {
 public:
  explicit SavedFiles(const std::vector<std::filesystem::path>& folders)
      : fd_(static_cast<int>(
            lab::check_errno(inotify_init1(IN_CLOEXEC | IN_NONBLOCK), "watch files"))) {
    for (const auto& folder : folders) {
      add(folder);
      for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_directory()) add(entry.path());
      }
    }
  }
  SavedFiles(const SavedFiles&) = delete;
  SavedFiles& operator=(const SavedFiles&) = delete;
  ~SavedFiles() { close(fd_); }

  int fd() const { return fd_; }

  // True if something that we build was among what happened; takes it all.
  bool take() const {
    alignas(inotify_event) std::array<char, 16 * (sizeof(inotify_event) + NAME_MAX + 1)>
        bytes;
    bool ours = false;
    for (ssize_t size; (size = read(fd_, bytes.data(), bytes.size())) > 0;) {
      for (ssize_t at = 0; at < size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(bytes.data() + at);
        ours = ours || (event->len > 0 && is_source(event->name));
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
    return ours;
  }

 private:
  void add(const std::filesystem::path& folder) {
    constexpr auto kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE;
    lab::check_errno(inotify_add_watch(fd_, folder.c_str(), kEvents),
                     "watch " + folder.string());
  }

  // Editors also write 4913, .name.swp and name~.
  static bool is_source(const std::filesystem::path& name) {
    const std::string ending = name.extension();
    return !name.string().starts_with('.') &&
           (ending == ".cpp" || ending == ".hpp" || ending == ".txt");
  }

  int fd_;
};

// Ctrl-C and SIGTERM, as something that can be waited for.
class StopSignal {
 public:
  StopSignal() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    fd_ = static_cast<int>(
        lab::check_errno(signalfd(-1, &signals, SFD_CLOEXEC), "wait for signals"));
  }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  ~StopSignal() { close(fd_); }

  int fd() const { return fd_; }
  bool came() const {
    pollfd source = {fd_, POLLIN, 0};
    return poll(&source, 1, 0) > 0;
  }

 private:
  int fd_ = -1;
};

class Watcher {
 public:
  Watcher(const Lab& lab, const Place& place, std::span<const std::string> flags)
      : lab_(lab),
        place_(place),
        flags_(flags.begin(), flags.end()),
        saved_({lab.source(place), place.root / "common" / "include" / "lab",
                place.root / "common" / "src"}) {
    flags_.insert(flags_.begin(), {"--quick", "--json"});
  }

  int watch();

 private:
  bool build();
  void play();
  void report(const Entry& entry);
  bool wait_for_save();

  const Lab& lab_;
  const Place& place_;
  std::vector<std::string> flags_;
  SavedFiles saved_;
  StopSignal stop_;
  lab::Terminal terminal_ = lab::Terminal::of_stdout();
  std::vector<Claim> before_;  // of the last whole run
};

int Watcher::watch() {
  do {
    if (build() && !stop_.came()) play();
    if (stop_.came()) break;
    fmt::print("{}\n",
               terminal_.styled(Style::dim, "waiting for the next save; Ctrl-C ends"));
    std::fflush(stdout);
  } while (wait_for_save());
  fmt::print("\n");
  return 0;
}

bool Watcher::build() {
  const std::vector<std::string> args = {(place_.root / "build" / "lock").string(),
                                         "cmake",
                                         "--build",
                                         place_.build.string(),
                                         "--target",
                                         "lab_" + lab_.number};
  fmt::print("\n{}\n",
             terminal_.styled(Style::dim, fmt::format("building {}", lab_.folder)));
  std::fflush(stdout);
  std::string output;
  LabProcess ninja("/usr/bin/flock", args);
  while (ninja.pump(
      1s,
      [&](std::string_view line) {
        const bool progress = line.starts_with('[') && line.find("] ") != line.npos;
        if (!progress) output += std::string(line) + "\n";
      },
      stop_.fd())) {
    if (stop_.came()) return false;
  }
  if (ninja.exit_code() == 0 && ninja.signal() == 0) return true;
  fmt::print("{}{}{}\n", output, ninja.errors(),
             terminal_.styled(Style::red, "✘ that did not compile"));
  return false;
}

void Watcher::play() {
  const auto began = Clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
  };
  RunReader reader;
  RunExit exit;
  LabProcess process(lab_.program(place_), flags_);
  const auto on_line = [&](std::string_view line) { reader.line(line); };
  pollfd saved = {saved_.fd(), POLLIN, 0};
  while (process.pump(100ms, on_line, saved_.fd())) {
    if (stop_.came()) return;
    if (poll(&saved, 1, 0) > 0) return;  // old news: wait_for_save() sees to it
    if (elapsed() < kDeadline) continue;
    exit.timed_out = true;
    process.stop();
  }
  exit.code = process.exit_code();
  exit.signal = process.signal();
  exit.errors = process.errors();
  report(reader.finish(lab_, exit, elapsed()));
}

// The first time every claim, later only those that flipped.
void Watcher::report(const Entry& entry) {
  if (before_.empty()) {
    fmt::print("{}", ledger_text(entry, terminal_));
    before_ = entry.claims;
    return;
  }
  int same = 0;
  for (const Claim& claim : entry.claims) {
    const auto old = std::ranges::find(before_, claim.id, &Claim::id);
    const auto was = old == before_.end() ? Claim::Verdict::missing : old->verdict;
    if (was == claim.verdict) {
      ++same;
      continue;
    }
    fmt::print("  {} flipped: {} -> {}\n", claim.id, word(was), word(claim.verdict));
    fmt::print("{}", claim_text(claim, terminal_));
  }
  for (const std::string& note : entry.notes) {
    fmt::print("  {}\n", terminal_.styled(Style::red, note));
  }
  const auto hold =
      std::ranges::count(entry.claims, Claim::Verdict::holds, &Claim::verdict);
  fmt::print("  {} of {} claims hold, {} as before\n", hold, entry.claims.size(), same);
  before_ = entry.claims;
}

// False once we are asked to stop.
bool Watcher::wait_for_save() {
  std::array<pollfd, 2> sources = {{{saved_.fd(), POLLIN, 0}, {stop_.fd(), POLLIN, 0}}};
  bool ours = false;
  for (;;) {
    // Once something of ours was saved, wait until it has been quiet.
    const int timeout = ours ? static_cast<int>(kQuiet.count()) : -1;
    const int ready = poll(sources.data(), sources.size(), timeout);
    if (sources[1].revents) return false;
    if (ready == 0) return true;
    if (sources[0].revents) ours = saved_.take() || ours;
  }
}

}  // namespace

int watch(const Lab& lab, const Place& place, std::span<const std::string> flags) {
  return Watcher(lab, place, flags).watch();
}

}  // namespace runner
