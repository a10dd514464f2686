#include "studio_run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "lab/error.hpp"

namespace runner {

using std::chrono::milliseconds;

namespace {

constexpr std::size_t kMostClaims = 200;

std::string text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
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
  const std::string file = store.events(card);
  fd_ = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  lab::check_errno(fd_, "write " + file);
  if (exists(program_)) {
    start_program();
    return;
  }
  building_ = true;  // ./lab takes the same lock
  const std::vector<std::string> build = {"flock",
                                          place.build.parent_path() / "lock",
                                          "cmake",
                                          "--build",
                                          place.build,
                                          "--target",
                                          "lab_" + lab.number};
  process_ = std::make_unique<LabProcess>("/usr/bin/env", build);
}

StudioRun::~StudioRun() {
  process_.reset();
  if (card_.live) finish();
  close(fd_);
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
      if (!building_) record(line, on_knob);
    });
  }
  flush();
  if (runs) {
    check_time(now);
    return true;
  }
  if (building_ && process_->exit_code() == 0 && process_->signal() == 0 && !asked_) {
    if (exists(program_)) {
      start_program();
      return true;
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
    stop(fmt::format("it ran for {} s, the most", most.count() / 1000));
  if (until_stopped_ && alone_since_ && now - *alone_since_ > limits_.alone) {
    stop("nobody watched any more");
  }
}

void StudioRun::record(std::string_view line, const OnKnob& on_knob) {
  if (bytes_ + buffer_.size() + line.size() + 1 > limits_.bytes) {
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
  ++card_.events;
  const std::string kind = text(event, "cat");
  const auto found = event.find("args");
  const Json args = found != event.end() && found->is_object() ? *found : Json::object();
  remember(kind, event, args);
  if (kind == "knob") {
    on_knob({{"is", "knob"},
             {"run", card_.id},
             {"name", text(event, "name")},
             {"value", args.value("value", Json())},
             {"refused", args.value("refused", Json())}});
  }
}

// A claim that failed once has failed, however often it holds after that.
void StudioRun::remember(const std::string& kind, const Json& event, const Json& args) {
  if (kind != "claim" && kind != "nuance") return;
  const std::string id = text(args, "id");
  Json* entry = nullptr;
  for (Json& known : card_.ledger) {
    if (known["id"] == id) entry = &known;
  }
  if (kind == "nuance") {
    if (entry) (*entry)["nuance"] = text(event, "name");
    return;
  }
  const bool holds = args.value("holds", Json()) == true;
  ++card_.claims;
  card_.failed += holds ? 0 : 1;
  if (!entry && card_.ledger.size() < kMostClaims) {
    card_.ledger.push_back({{"id", id}, {"holds", true}, {"nuance", nullptr}});
    entry = &card_.ledger.back();
  }
  if (!entry || (*entry)["holds"] == false) return;
  (*entry)["claim"] = text(event, "name");
  (*entry)["holds"] = holds;
  (*entry)["evidence"] = text(args, "evidence");
}

// Whole lines, at once: who reads the file sees no half ones but at its end.
void StudioRun::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t size = write(fd_, rest.data(), rest.size());
    if (size < 0) {
      stop("the disk took no more");
      break;
    }
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  bytes_ += buffer_.size() - rest.size();
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

void StudioRun::stop(std::string why) {
  if (asked_) return;
  if (!why.empty()) card_.why = std::move(why);
  asked_ = Clock::now();
  process_->send(SIGTERM);
}

void StudioRun::finish() {
  flush();
  card_.live = false;
  card_.ms = std::chrono::duration_cast<milliseconds>(Clock::now() - began_).count();
  if (process_) {
    const int signal = process_->signal();
    card_.exit = signal ? 128 + signal : process_->exit_code();
    if (building_ && card_.why.empty())
      card_.why = "it did not compile: ./lab build shows why";
    if (signal && card_.why.empty())
      card_.why = fmt::format("signal {} ended it", signal);
    if (*card_.exit > 1 && card_.why.empty()) card_.why = process_->errors();
  }
  store_.save(card_);
}

}  // namespace runner
