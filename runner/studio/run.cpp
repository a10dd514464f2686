#include "studio/run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "lab/core/error.hpp"
#include "studio/fault.hpp"

namespace runner {

using std::chrono::milliseconds;

namespace {

constexpr std::size_t kToldOfBuild = 400;  // bytes

double microseconds_now() {  // as the lab's own events have them
  using Microseconds = std::chrono::duration<double, std::micro>;
  return Microseconds(StudioRun::Clock::now().time_since_epoch()).count();
}

}  // namespace

StudioRun::StudioRun(RunStore& store, RunCard& card, const Place& place, const Lab& lab,
                     std::vector<std::string> args, bool until_stopped, RunLimits limits)
    : store_(store),
      card_(card),
      program_(lab.program(place)),
      args_(std::move(args)),
      until_stopped_(until_stopped),
      limits_(limits) {
  card_.until_stopped = until_stopped;
  const std::string file = store.events(card);
  file_.reset(
      open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  lab::check_errno(file_.get(), "write " + file);
  if (exists(program_)) {
    start_program();
  } else {
    build(place, lab);
  }
}

StudioRun::~StudioRun() {
  if (!card_.live) return;
  process_.reset();
  finish();
}

// Ninja itself, not `cmake --build`, and in flock's own process: so the signal that ends
// the build reaches who started the compilers, and Ninja ends them. ./lab takes the same
// lock.
void StudioRun::build(const Place& place, const Lab& lab) {
  building_ = true;
  const std::vector<std::string> build = {
      "flock",     "--no-fork",        place.build.parent_path() / "lock", "ninja", "-C",
      place.build, "lab_" + lab.number};
  process_ = std::make_unique<LabProcess>("/usr/bin/env", build);
}

void StudioRun::start_program() {
  building_ = false;
  began_ = Clock::now();
  process_ = std::make_unique<LabProcess>(
      program_, args_,
      until_stopped_ ? LabProcess::Input::lines : LabProcess::Input::none);
}

bool StudioRun::turn(Clock::time_point now, const OnKnob& on_knob) {
  bool runs = true;
  for (int i = 0, lines = 1; runs && lines > 0 && i < 32; ++i) {  // then the others' turn
    lines = 0;
    runs = process_->pump(milliseconds(0), [&](std::string_view line) {
      ++lines;
      if (!building_) return record(line, on_knob);
      if (line.find("error") != line.npos || built_.empty()) built_ = line;
    });
  }
  flush();
  if (runs) {
    check_time(now);
    return true;
  }
  const bool built = building_ && process_->exit_code() == 0 && process_->signal() == 0;
  if (built && !asked_ && exists(program_)) {
    try {
      start_program();
      return true;
    } catch (const lab::Error& error) {
      card_.why = error.what();
    }
  }
  finish();
  return false;
}

void StudioRun::check_time(Clock::time_point now) {
  if (asked_) {
    if (now - *asked_ > limits_.patience) process_->send(SIGKILL);
    return;
  }
  const milliseconds most = building_        ? limits_.build
                            : until_stopped_ ? limits_.live
                                             : limits_.finite;
  if (now - began_ > most)
    stop(fmt::format("it ran for {} s, the most", most.count() / 1000.0));
  if (until_stopped_ && alone_since_ && now - *alone_since_ > limits_.alone) {
    stop("nobody watched any more");
  }
}

void StudioRun::record(std::string_view line, const OnKnob& on_knob) {
  if (full_) return;
  if (bytes_ + buffer_.size() + line.size() + 1 > limits_.bytes) {
    full_ = true;
    return stop(fmt::format("it told {} MB, the most", limits_.bytes >> 20));
  }
  const Json event =
      line.size() > limits_.line ? Json() : Json::parse(line, nullptr, false);
  if (!event.is_object()) {
    if (card_.why.empty())
      card_.why = "a line that is no event, or too long, was left out";
    return;
  }
  buffer_.append(line) += '\n';
  card_.count(event);
  if (text_in(event, "cat") != "knob") return;
  const Json args = event.value("args", Json::object());
  if (!args.is_object()) return;
  on_knob({{"is", "knob"},
           {"run", card_.id},
           {"name", text_in(event, "name")},
           {"value", args.value("value", Json())},
           {"refused", args.value("refused", Json())}});
}

// Whole lines: who reads the file sees no half ones but at its end.
void StudioRun::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t size = write(file_.get(), rest.data(), rest.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  std::string_view took =
      std::string_view(buffer_).substr(0, buffer_.size() - rest.size());
  if (!rest.empty()) {  // the card still counts what is lost, as it did happen
    full_ = true;
    took = took.substr(0, took.rfind('\n') + 1);
    static_cast<void>(ftruncate(file_.get(), static_cast<off_t>(bytes_ + took.size())));
    stop("the disk took no more");
  }
  bytes_ += took.size();
  buffer_.clear();
}

void StudioRun::watched(bool anyone, Clock::time_point now) {
  if (anyone) {
    alone_since_.reset();
  } else if (!alone_since_) {
    alone_since_ = now;
  }
}

bool StudioRun::knob(const std::string& name, const Json& value) {
  const Json line = {{"knob", name}, {"value", value}};
  return !building_ && process_->write_line(line.dump());
}

void StudioRun::fault(pid_t pid, const std::string& what) {
  const std::string name = break_process(this->pid(), pid, what);
  const Json event = {{"name", what + " " + name.substr(0, name.find_first_of(" :"))},
                      {"ph", "i"},
                      {"ts", microseconds_now()},
                      {"pid", pid},
                      {"tid", pid},
                      {"s", "g"},
                      {"cat", "fault"},
                      {"args", {{"fault", what}, {"process", name}}}};
  record(event.dump(-1, ' ', false, Json::error_handler_t::replace), [](const Json&) {});
}

void StudioRun::stop(std::string why) {
  if (asked_) return;
  if (!why.empty()) card_.why = std::move(why);
  asked_ = Clock::now();
  process_->send(SIGTERM);
}

// Why it ended as it did, where its exit code does not say it.
std::string StudioRun::reason() const {
  if (building_) {
    return "it did not compile" +
           (built_.empty() ? "" : ": " + built_.substr(0, kToldOfBuild)) +
           " (./lab build shows all)";
  }
  if (process_->signal()) return fmt::format("signal {} ended it", process_->signal());
  return process_->exit_code() > 1 ? process_->errors() : "";
}

void StudioRun::finish() {
  flush();
  card_.live = false;
  card_.ms = std::chrono::duration_cast<milliseconds>(Clock::now() - began_).count();
  if (process_) {
    const int signal = process_->signal();
    card_.exit = signal ? 128 + signal : process_->exit_code();
    if (card_.why.empty()) card_.why = reason();
  }
  try {
    store_.save(card_);
  } catch (const lab::Error& error) {  // the next store repairs it
    card_.why = error.what();
  }
}

}  // namespace runner
