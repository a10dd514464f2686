#include "core/supervisor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/arena.hpp"
#include "core/dials.hpp"
#include "core/narrator.hpp"
#include "core/trace_json.hpp"
#include "lab/core/error.hpp"
#include "lab/os/guard.hpp"
#include "lab/os/run_dir.hpp"

namespace lab {

namespace {

using Kind = Record::Kind;

constexpr int kDrainEvery = 5;   // ms; a ring of 1 MiB then holds some 10,000 events
constexpr int kPatience = 5000;  // ms that a live lab may take to end by itself
constexpr std::uint32_t kAllScenes = UINT32_MAX;

std::atomic<bool> g_asked_to_stop = false;  // by a signal; asked by any thread
static_assert(std::atomic<bool>::is_always_lock_free);

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// The child: alone with the lab. Its standard output belongs to the narrator.
int become_lab(bool live, Arena& arena, const std::function<int()>& play) {
  if (live) {
    struct sigaction action {};
    action.sa_handler = [](int) { g_asked_to_stop = true; };
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
      sigaction(signal, &action, nullptr);
  }
  const sigset_t signals = stop_signals();
  sigprocmask(SIG_UNBLOCK, &signals, nullptr);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  close(null);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  listen(&arena);
  return play();
}

// Puts a terminal on standard input into key-by-key mode, and back.
class RawKeys {
 public:
  RawKeys() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    active_ = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  RawKeys(const RawKeys&) = delete;
  RawKeys& operator=(const RawKeys&) = delete;
  ~RawKeys() {
    if (active_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  bool active() const { return active_; }

 private:
  termios before_{};
  bool active_ = false;
};

class Supervisor {
 public:
  Supervisor(const About& about, const Options& options, std::span<const KnobSpec> knobs,
             Arena& arena, std::vector<std::string> titles)
      : options_(options),
        arena_(arena),
        titles_(std::move(titles)),
        drain_(arena),
        dials_(knobs, arena.knobs,
               [this](const auto& name, const auto& value, const auto& refused) {
                 for (const auto& sink : sinks_) sink->knob(name, value, refused);
               }) {
    open_sinks(about);
    const bool foreground = tcgetpgrp(STDIN_FILENO) == getpgrp();  // of a terminal
    const bool paced = titles_.size() > 1 && terminal_.interactive() && !options.json &&
                       !options.all && !options.quick;
    if ((options.live && isatty(STDIN_FILENO)) || (paced && foreground)) keys_.emplace();
    arena.pace.allowed = paced && keys_ && keys_->active() ? 1 : kAllScenes;
  }

  int watch(Guarded& lab);

 private:
  void open_sinks(const About& about);
  void draw();
  bool finished(int timeout_ms);
  void count(const Record& claim);
  void read_signal();
  void read_input();
  void read_pace(std::string_view keys);
  void stop(int signal);
  int exit_code(int status);

  Options options_;
  Arena& arena_;
  std::vector<std::string> titles_;
  std::uint32_t asked_ = 0;  // the scene for which a person was last asked
  Drain drain_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> trace_file_{nullptr, std::fclose};
  Narrator* narrator_ = nullptr;
  Dials dials_;
  std::optional<RawKeys> keys_;
  Terminal terminal_ = Terminal::of_stdout();
  RunEnd end_;
  std::map<std::string, bool> claims_;  // by id: held so far
  Guarded* lab_ = nullptr;
  int signal_fd_ = -1;
  bool input_open_ = false;
  int signal_ = 0;             // the one that asked us to stop
  std::uint64_t kill_at_ = 0;  // when a stopping lab has had its time
  bool output_lost_ = false;
};

void Supervisor::open_sinks(const About& about) {
  const std::string process = fmt::format("lab {} {}", about.number, about.name);
  if (options_.json) {
    sinks_.push_back(std::make_unique<JsonSink>(stdout, JsonSink::Form::lines, process));
  } else {
    const Telling telling = options_.verbose ? Telling::full
                            : options_.live  ? Telling::live
                                             : Telling::brief;
    auto narrator = std::make_unique<Narrator>(stdout, terminal_, about, telling);
    narrator_ = narrator.get();
    sinks_.push_back(std::move(narrator));
  }
  if (!options_.trace_file.empty()) {
    trace_file_.reset(std::fopen(options_.trace_file.c_str(), "we"));
    if (!trace_file_) check_errno(-1, "write the trace to " + options_.trace_file);
    sinks_.push_back(
        std::make_unique<JsonSink>(trace_file_.get(), JsonSink::Form::array, process));
  }
}

int Supervisor::watch(Guarded& lab) {
  lab_ = &lab;
  const sigset_t signals = stop_signals();
  signal_fd_ = static_cast<int>(check_errno(
      signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "wait for signals"));
  input_open_ = options_.live || keys_.has_value();

  while (!finished(kDrainEvery)) {
    draw();
    if (kill_at_ && steady_nanoseconds() > kill_at_) lab.send(SIGKILL);
  }
  const int status = lab.wait();
  draw();
  return exit_code(status);
}

// Waits for something to do; true once the lab is gone.
bool Supervisor::finished(int timeout_ms) {
  std::array<pollfd, 3> sources = {{{lab_->ended(), POLLIN, 0},
                                    {signal_fd_, POLLIN, 0},
                                    {input_open_ ? STDIN_FILENO : -1, POLLIN, 0}}};
  if (poll(sources.data(), sources.size(), timeout_ms) <= 0) return false;
  if (sources[1].revents) read_signal();
  if (sources[2].revents) read_input();
  return sources[0].revents != 0;
}

void Supervisor::draw() {
  const std::uint32_t waiting = arena_.pace.waiting;  // before what it told is read
  for (const Record& record : drain_.read()) {
    ++end_.events;
    if (record.kind == Kind::claim) count(record);
    for (const auto& sink : sinks_) sink->event(record);
  }
  if (narrator_ && options_.live && keys_ && keys_->active())
    narrator_->set_dials(dials_.lines(terminal_));
  if (waiting > asked_ && waiting >= arena_.pace.allowed) {
    asked_ = waiting;
    narrator_->ask(titles_[waiting], waiting + 1, titles_.size());
  }
  for (const auto& sink : sinks_) sink->tick(steady_nanoseconds());
  std::fflush(stdout);
  if (std::ferror(stdout) && !output_lost_) {  // `| head` has read enough
    output_lost_ = true;
    stop(SIGTERM);
  }
}

// A claim that is made several times holds if it held each time.
void Supervisor::count(const Record& claim) {
  bool& held = claims_.try_emplace(claim.text("id"), true).first->second;
  for (const auto& [key, value] : claim.args) {
    if (key == "holds") held = held && std::get<bool>(value);
  }
}

void Supervisor::read_signal() {
  signalfd_siginfo info;
  while (read(signal_fd_, &info, sizeof info) == sizeof info) {
    stop(static_cast<int>(info.ssi_signo));
  }
}

void Supervisor::read_input() {
  std::array<char, 4096> bytes;
  const ssize_t size = read(STDIN_FILENO, bytes.data(), bytes.size());
  if (size <= 0) {
    if (size == 0 || errno != EINTR) input_open_ = false;
    return;
  }
  const std::string_view input(bytes.data(), static_cast<std::size_t>(size));
  if (!options_.live) return read_pace(input);
  if (!keys_ || !keys_->active()) return dials_.json(input);
  if (!dials_.keys(input)) stop(SIGINT);
}

// Enter or any other key goes on; keys that came too early are not kept.
void Supervisor::read_pace(std::string_view keys) {
  if (keys.find_first_of("qQ") != keys.npos) return stop(SIGINT);
  if (keys.find_first_of("aA") != keys.npos) arena_.pace.allowed = kAllScenes;
  if (arena_.pace.allowed == asked_) arena_.pace.allowed = asked_ + 1;
  if (arena_.pace.allowed > asked_) narrator_->go_on();
}

// A live lab is asked; any other dies of the signal at once. A second request, or no
// answer in time, kills.
void Supervisor::stop(int signal) {
  lab_->send(signal_ && options_.live ? SIGKILL : signal);
  signal_ = signal;
  kill_at_ = steady_nanoseconds() + kPatience * 1'000'000ull;
}

int Supervisor::exit_code(int status) {
  const bool exited = WIFEXITED(status);
  end_.dropped = drain_.dropped();
  end_.claims = claims_.size();
  for (const auto& [id, held] : claims_) end_.failed += !held;
  end_.killed_by = exited ? 0 : WTERMSIG(status);
  end_.stopped = signal_ != 0;
  end_.exit_code = exited ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (signal_ && !(options_.live && exited)) end_.exit_code = 128 + signal_;
  if (end_.exit_code == 0 && end_.failed) end_.exit_code = 1;
  keys_.reset();
  for (const auto& sink : sinks_) sink->end(end_);
  arena_.failure.back() = '\0';
  if (arena_.failure[0]) fmt::print(stderr, "{}\n", arena_.failure.data());
  if (trace_file_ && std::ferror(trace_file_.get())) {
    fmt::print(stderr, "the trace could not be written whole to {}\n",
               options_.trace_file);
    if (end_.exit_code == 0) end_.exit_code = 1;
  }
  return output_lost_ ? 128 + SIGPIPE : end_.exit_code;
}

}  // namespace

bool asked_to_stop() {
  return g_asked_to_stop;
}

int supervise(const About& about, const Options& options, std::span<const KnobSpec> knobs,
              Arena& arena, std::vector<std::string> titles,
              const std::function<int()>& play) {
  sweep_run_dirs();
  const auto folder = plan_run_dir();
  Supervisor supervisor(about, options, knobs, arena, std::move(titles));
  std::signal(SIGPIPE,
              SIG_IGN);  // for the lab too: it writes into sockets that may close
  const sigset_t signals = stop_signals();
  sigprocmask(SIG_BLOCK, &signals, nullptr);

  Guarded lab([&] { return become_lab(options.live, arena, play); },
              [&] { remove_run_dir(folder); });
  const int code = supervisor.watch(lab);
  remove_run_dir(folder);
  return code;
}

}  // namespace lab
