#include "world/mortal.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <vector>

#include "lab/os/process.hpp"
#include "world/heap_hook.hpp"

namespace lab21 {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = 1 << 20, kAsks = 160 * kBlock, kHeapLimit = 40 * kBlock;

// A control group of its own, version 1, which only root can make.
class Container {
 public:
  explicit Container(std::size_t bytes) {
    sweep();
    std::error_code none;
    folder_ = kBase / ("underloop-" + std::to_string(getpid()));
    if (!fs::create_directory(folder_, none)) return;
    std::ofstream(folder_ / "memory.limit_in_bytes") << bytes;
    std::ofstream(folder_ / "memory.memsw.limit_in_bytes") << bytes;
    std::size_t kept = 0;
    std::ifstream(folder_ / "memory.limit_in_bytes") >> kept;
    works_ = kept == bytes;
  }
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;
  ~Container() {
    std::error_code none;
    fs::remove(folder_, none);
  }

  std::string tasks() const { return works_ ? folder_ / "cgroup.procs" : fs::path(); }

 private:
  // What killed runs have left; of a run that lives it cannot be removed, or is in use.
  static void sweep() {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(kBase, none)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with("underloop-")) continue;
      if (kill(std::atoi(name.c_str() + 10), 0) != 0) fs::remove(entry.path(), none);
    }
  }
  inline static const fs::path kBase = "/sys/fs/cgroup/memory";
  fs::path folder_;
  bool works_ = false;
};

// Writes without allocating: there is no memory left.
void tell(const char* words) {
  [[maybe_unused]] const auto written = write(STDOUT_FILENO, words, std::strlen(words));
}

std::string ended_by(const lab::Exit& exit) {
  if (exit.signal == 0) return "exit " + std::to_string(exit.code);
  return std::string("SIG") + sigabbrev_np(exit.signal);
}

}  // namespace

Certificate live_and_die(Fills fills, std::size_t container) {
  const Container group(container);
  const bool grouped = container != 0 && !group.tasks().empty();
  lab::ChildOptions options;
  if (container != 0 && !grouped) options.address_space = container + (128u << 20);
  auto child = lab::Child::role(
      "mortal", {fills == Fills::heap ? "heap" : "buffers", grouped ? group.tasks() : ""},
      options);
  const lab::Exit& exit = child.wait();
  return {ended_by(exit), exit.out.find("exit handler") != std::string::npos,
          exit.out.find("last words") != std::string::npos,
          container == 0 ? ""
          : grouped      ? "a control group"
                         : "RLIMIT_AS"};
}

// noexcept: nobody catches what it throws, as nobody does in a program at its limit.
int mortal_main(std::span<const std::string> args) noexcept {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (!args[1].empty()) std::ofstream(args[1]) << getpid() << std::flush;
  std::atexit([] { tell("exit handler\n"); });
  std::set_terminate([] {
    tell("last words: out of memory\n");
    std::abort();
  });
  limit_heap(kHeapLimit);
  std::vector<char*> held;
  for (std::size_t asked = 0; asked < kAsks; asked += kBlock) {
    void* block = args[0] == "heap" ? ::operator new(kBlock)
                                    : mmap(nullptr, kBlock, PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) std::terminate();
    std::memset(block, 'x', kBlock);
    held.push_back(static_cast<char*>(block));
  }
  std::exit(0);  // all of it was given
}

}  // namespace lab21
