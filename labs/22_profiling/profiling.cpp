#include "profiling.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <istream>
#include <ostream>
#include <stdexcept>

#include "lab/core/error.hpp"
#include "lab/os/proc.hpp"

namespace lab22 {

namespace {

constexpr int kDeepest = 64;

struct Sample {
  int depth = 0;
  std::array<void*, kDeepest> frames;
};

}  // namespace

// All the memory that the handler writes to, made before the first signal. The handler finds
// it by thread, not by timer: a signal that comes after stop() finds nothing.
struct Sampler::Record {
  std::vector<Sample> samples{2048};
  std::atomic<std::size_t> used = 0;
  void* way_in =
      nullptr;  // whence the kernel calls the handler: above it is not the program
  static thread_local constinit std::atomic<Record*> current;
};

thread_local constinit std::atomic<Sampler::Record*> Sampler::Record::current = nullptr;

// Step 5: runs wherever the thread happened to be, perhaps inside malloc with its lock held.
// So it takes no lock, allocates nothing, and leaves errno as it was.
void Sampler::on_signal(int) {
  Record* const record = Record::current.load(std::memory_order_relaxed);
  if (!record) return;
  const int error = errno;
  const std::size_t at = record->used.load(std::memory_order_relaxed);
  if (at < record->samples.size()) {
    Sample& sample = record->samples[at];
    sample.depth = backtrace(sample.frames.data(), kDeepest);
    record->way_in = __builtin_return_address(0);
    record->used.store(at + 1, std::memory_order_release);
  }
  errno = error;
}

// Step 6: a timer that runs only while this thread does, and that signals this thread.
Sampler::Sampler() {
  if (Record::current.load()) throw std::invalid_argument("this thread has a sampler");
  // The first backtrace() loads a library and allocates: do that here, not in the handler.
  Sample warm_up;
  backtrace(warm_up.frames.data(), kDeepest);
  record_ = std::make_shared<Record>();

  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  lab::check_errno(sigaction(SIGPROF, &action, nullptr), "sigaction(SIGPROF)");
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGPROF;
  event._sigev_un._tid = lab::thread_id();
  lab::check_errno(timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer_),
                   "timer_create");
  Record::current.store(record_.get());
  constexpr timespec kPeriod{0, 1'000'000};
  constexpr itimerspec kSetting{kPeriod, kPeriod};
  timer_settime(timer_, 0, &kSetting, nullptr);
}

void Sampler::stop() {
  if (Record::current.load() != record_.get()) return;
  timer_delete(timer_);
  Record::current.store(nullptr);
}

std::size_t Sampler::samples() const {
  return record_->used.load(std::memory_order_acquire);
}

std::vector<Stack> Sampler::stacks() const {
  std::vector<Stack> stacks(samples());
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    const Sample& sample = record_->samples[i];
    const auto begin = sample.frames.begin(), end = begin + sample.depth;
    const auto way_in = std::find(begin, end, record_->way_in);
    // A caller's address is the one it will return to, perhaps already the next function's
    // first. One byte before it is the call.
    for (auto frame = way_in == end ? begin : way_in + 1; frame != end; ++frame)
      stacks[i].push_back(reinterpret_cast<Address>(*frame) -
                          (stacks[i].empty() ? 0 : 1));
    std::ranges::reverse(stacks[i]);
  }
  return stacks;
}

void write_log(std::ostream& log, const std::vector<Stack>& stacks) {
  for (const Stack& stack : stacks) log << fmt::format("{:x}\n", fmt::join(stack, " "));
}

std::vector<Stack> read_log(std::istream& log) {
  std::vector<Stack> stacks;
  for (std::string line; std::getline(log, line);) {
    Stack& stack = stacks.emplace_back();
    const char* const end = line.data() + line.size();
    for (const char* at = line.data(); at <= end; ++at) {
      const auto [rest, error] = std::from_chars(at, end, stack.emplace_back(), 16);
      if (error != std::errc{} || (rest != end && *rest != ' ')) {
        throw std::invalid_argument(
            fmt::format("line {} of the log is not a stack", stacks.size()));
      }
      at = rest;
    }
  }
  return stacks;
}

std::string function_at(Address address) {
  Dl_info found{};
  if (!dladdr(reinterpret_cast<void*>(address), &found) || !found.dli_sname) return "?";
  char* const readable = abi::__cxa_demangle(found.dli_sname, nullptr, nullptr, nullptr);
  std::string name = readable ? readable : found.dli_sname;
  std::free(readable);
  name.resize(std::min(name.find('('), name.size()));
  return name.substr(name.rfind(':') + 1);
}

Profile::Profile(const std::vector<Stack>& stacks, const std::string& root) {
  for (const Stack& stack : stacks) {
    Names names;
    for (const Address address : stack) names.push_back(function_at(address));
    if (!root.empty()) names.erase(names.begin(), std::ranges::find(names, root));
    add(std::move(names));
  }
}

void Profile::add(Names stack, int samples) {
  if (stack.empty()) stack.push_back("(program)");
  stacks_[std::move(stack)] += samples;
  samples_ += samples;
}

int Profile::self(const std::string& function) const {
  int sum = 0;
  for (const auto& [names, samples] : stacks_)
    sum += names.back() == function ? samples : 0;
  return sum;
}

// A function that calls itself is on the stack more than once, and still is one sample.
int Profile::total(const std::string& function) const {
  int sum = 0;
  for (const auto& [names, samples] : stacks_)
    sum += std::ranges::count(names, function) ? samples : 0;
  return sum;
}

double Profile::share(const std::string& function) const {
  return samples_ ? static_cast<double>(self(function)) / samples_ : 0;
}

std::string Profile::folded() const {
  std::string text;
  for (const auto& [names, samples] : stacks_)
    text += fmt::format("{} {}\n", fmt::join(names, ";"), samples);
  return text;
}

std::vector<Profile::Frame> Profile::flame() const {
  std::map<Names, int> widths;  // of each path from the outermost frame
  for (const auto& [names, samples] : stacks_)
    for (auto end = names.begin() + 1; end <= names.end(); ++end)
      widths[Names(names.begin(), end)] += samples;
  std::vector<Frame> frames;
  for (const auto& [path, samples] : widths)
    frames.push_back({path.back(), path.size() > 1 ? path.end()[-2] : "", samples});
  return frames;
}

}  // namespace lab22
