#include "studio/fault.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "core/catalog.hpp"
#include "lab/os/descriptor.hpp"

namespace runner {

namespace {

constexpr std::size_t kLongestName = 80;

// The program that was started forks into two guards and the lab itself, each the child of
// the one before.
constexpr int kForksOfProgram = 3;

struct Process {
  LabChild child{};
  char state = '?';
  std::string command{};  // as it was started, with its folder
};

std::string text_of(pid_t pid, const char* what) {
  std::ifstream file(fmt::format("/proc/{}/{}", pid, what), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Without the folder and what a name must not have in it.
std::string shortened(std::string command) {
  command = command.substr(0, command.find('\0', kLongestName));
  const std::size_t first =
      std::min(command.find_first_of(std::string(" \0", 2)), command.size());
  if (command.starts_with('/')) command.erase(0, command.rfind('/', first) + 1);
  for (char& byte : command) {
    if (static_cast<unsigned char>(byte) < ' ' || byte == 0x7f) byte = ' ';
  }
  command.resize(std::min(command.size(), kLongestName));
  command.erase(command.find_last_not_of(' ') + 1);
  return command;
}

// Nothing if it has just gone.
std::optional<Process> look_at(pid_t pid) {
  const std::string stat = text_of(pid, "stat");  // "7 (a name) S 1 ...": see proc(5)
  const std::size_t open = stat.find('(');
  const std::size_t close = stat.rfind(") ");
  if (open == stat.npos || close == stat.npos || close + 4 >= stat.size()) return {};
  Process process{.child = {.pid = pid}, .state = stat[close + 2]};
  LabChild& child = process.child;
  std::from_chars(stat.data() + close + 4, stat.data() + stat.size(), child.parent);
  child.frozen = process.state == 'T';
  process.command = text_of(pid, "cmdline");
  child.name = shortened(process.command.empty() ? stat.substr(open + 1, close - open - 1)
                                                 : process.command);
  return process;
}

std::map<pid_t, Process> everybody() {
  std::map<pid_t, Process> all;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", none)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto end = std::from_chars(name.data(), name.data() + name.size(), pid).ptr;
    if (end != name.data() + name.size()) continue;
    if (auto process = look_at(pid)) all.emplace(pid, std::move(*process));
  }
  return all;
}

bool descends(const std::map<pid_t, Process>& all, pid_t pid, pid_t from) {
  // Bounded: while it was read, a number may have come to stand for somebody else.
  for (int steps = 0; steps < 64; ++steps) {
    const auto found = all.find(pid);
    if (found == all.end()) return false;
    pid = found->second.child.parent;
    if (pid == from) return true;
  }
  return false;
}

// A guard of the program, or the lab that plays behind them: forks, with its command line.
bool plays(const std::map<pid_t, Process>& all, pid_t pid, const Process& program) {
  for (int forks = 0; forks <= kForksOfProgram; ++forks) {
    if (pid == program.child.pid) return true;
    const auto found = all.find(pid);
    if (found == all.end() || found->second.command != program.command) return false;
    pid = found->second.child.parent;
  }
  return false;
}

}  // namespace

std::vector<LabChild> children_of(pid_t program) {
  std::vector<LabChild> children;
  if (program <= 0) return children;
  const auto all = everybody();
  const auto root = all.find(program);
  if (root == all.end()) return children;
  for (const auto& [pid, process] : all) {
    const bool gone = process.state == 'Z' || process.state == 'X';
    if (gone || plays(all, pid, root->second) || !descends(all, pid, program)) continue;
    children.push_back(process.child);
  }
  return children;
}

std::string break_process(pid_t program, pid_t pid, const std::string& fault) {
  static const std::map<std::string, int> signals = {
      {"kill", SIGKILL}, {"freeze", SIGSTOP}, {"thaw", SIGCONT}};
  const auto signal = signals.find(fault);
  if (signal == signals.end()) throw Usage("there are kill, freeze, thaw");
  if (pid <= 0) throw Usage("pid is a process of the lab");
  // First held, then looked at: so the number cannot come to stand for somebody else.
  const lab::Descriptor held(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const auto children = children_of(program);
  const auto found = std::ranges::find(children, pid, &LabChild::pid);
  if (held.get() < 0 || found == children.end()) {
    throw Usage("that is no process of this lab, or it has gone");
  }
  if (syscall(SYS_pidfd_send_signal, held.get(), signal->second, nullptr, 0) != 0) {
    throw Usage("it has gone");
  }
  return found->name;
}

}  // namespace runner
