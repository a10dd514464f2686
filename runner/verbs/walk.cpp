#include "verbs/walk.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "core/highlight.hpp"
#include "core/steps.hpp"
#include "lab/core/error.hpp"

namespace runner {

namespace {

using lab::Style;
using lab::Terminal;

enum class Key { next, back, first, last, quit, none };

Key key_of(std::string_view typed) {
  if (typed == "\033[C" || typed == "\033[B" || typed == "\033[6~") return Key::next;
  if (typed == "\033[D" || typed == "\033[A" || typed == "\033[5~") return Key::back;
  if (typed == "\033" || typed == "\3" || typed == "\4") return Key::quit;
  if (typed.empty()) return Key::none;
  switch (typed.back()) {
    case 'n':
    case 'j':
    case 'l':
    case ' ':
    case '\r':
    case '\n':
      return typed.front() == '\033' ? Key::none : Key::next;
    case 'b':
    case 'p':
    case 'k':
    case 'h':
    case '\177':
      return Key::back;
    case 'g':
      return Key::first;
    case 'G':
      return Key::last;
    case 'q':
      return Key::quit;
    default:
      return Key::none;
  }
}

// A screen of its own, and keys one by one, until this object goes. The signals that end
// a program are read like keys meanwhile, so that nothing leaves the terminal askew.
class Screen {
 public:
  Screen() {
    lab::check_errno(tcgetattr(STDIN_FILENO, &before_), "read the terminal's settings");
    sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH})
      sigaddset(&signals_, signal);
    sigprocmask(SIG_BLOCK, &signals_, nullptr);
    signal_fd_ = static_cast<int>(
        lab::check_errno(signalfd(-1, &signals_, SFD_CLOEXEC), "wait for signals"));
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
    lab::check_errno(tcsetattr(STDIN_FILENO, TCSANOW, &raw),
                     "change the terminal's settings");
    put("\033[?1049h\033[?25l");
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() {
    put("\033[?25h\033[?1049l");
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    close(signal_fd_);
    sigprocmask(SIG_UNBLOCK, &signals_, nullptr);
  }

  static void put(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  static std::size_t height() {
    winsize size{};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
    return known ? size.ws_row : 24;
  }

  // What was pressed; none after a change of size. `signal` is set if one ends the walk.
  Key read_key(int& signal) const {
    std::array<pollfd, 2> sources = {
        {{STDIN_FILENO, POLLIN, 0}, {signal_fd_, POLLIN, 0}}};
    if (poll(sources.data(), sources.size(), -1) < 0) return Key::none;
    if (sources[1].revents) {
      signalfd_siginfo info;
      if (read(signal_fd_, &info, sizeof info) != sizeof info) return Key::none;
      if (info.ssi_signo == SIGWINCH) return Key::none;
      signal = static_cast<int>(info.ssi_signo);
      return Key::quit;
    }
    std::array<char, 16> typed{};
    const ssize_t size = read(STDIN_FILENO, typed.data(), typed.size());
    if (size <= 0) return Key::quit;
    return key_of({typed.data(), static_cast<std::size_t>(size)});
  }

 private:
  termios before_{};
  sigset_t signals_{};
  int signal_fd_ = -1;
};

std::vector<std::string> head_of(const Step& step, const Terminal& terminal) {
  std::vector<std::string> lines;
  const std::string lead = fmt::format("Step {}  ", step.number);
  const int indent = lab::columns(lead);
  for (const std::string& line : terminal.wrapped(step.text, indent)) {
    const bool first = lines.empty();
    lines.push_back(first ? terminal.styled(Style::yellow, lead)
                          : std::string(static_cast<std::size_t>(indent), ' '));
    lines.back() += terminal.styled(Style::bold, line);
  }
  lines.push_back(terminal.styled(
      Style::dim,
      fmt::format("{}{}:{}", std::string(static_cast<std::size_t>(indent), ' '),
                  step.file, step.line)));
  lines.emplace_back();
  return lines;
}

std::vector<std::string> code_of(const Step& step, const Terminal& terminal) {
  std::vector<std::string> lines;
  CppLexer lexer;
  int number = step.code_line;
  for (const std::string& line : step.code) {
    lines.push_back(terminal.styled(Style::dim, fmt::format("{:>5}  ", number++)) +
                    highlighted(lexer.line(line), terminal));
  }
  if (step.cut) lines.push_back(terminal.styled(Style::dim, "    …"));
  return lines;
}

// One step on one screen: what does not fit is counted, not lost without a word.
std::string page(const Step& step, std::size_t of, const Terminal& terminal,
                 std::size_t height) {
  std::vector<std::string> lines = head_of(step, terminal);
  std::vector<std::string> code = code_of(step, terminal);
  const std::size_t room = height > lines.size() + 3 ? height - lines.size() - 3 : 1;
  if (code.size() > room) {
    const std::size_t hidden = code.size() - room + 1;
    code.resize(room - 1);
    code.push_back(
        terminal.styled(Style::dim, fmt::format("    … {} more lines", hidden)));
  }
  lines.insert(lines.end(), code.begin(), code.end());
  std::string text = "\033[H\033[2J";
  for (const std::string& line : lines) text += line + "\r\n";
  text += "\r\n" +
          terminal.styled(Style::dim, fmt::format("{} of {}   n next · b back · q quit",
                                                  step.number, of));
  return text;
}

int turn_pages(const std::vector<Step>& steps) {
  int signal = 0;
  std::size_t at = 0;
  {
    const Screen screen;
    for (Key key = Key::none; key != Key::quit; key = screen.read_key(signal)) {
      if (key == Key::next && at + 1 < steps.size()) ++at;
      if (key == Key::back && at > 0) --at;
      if (key == Key::first) at = 0;
      if (key == Key::last) at = steps.size() - 1;
      Screen::put(page(steps[at], steps.size(), Terminal::of_stdout(), Screen::height()));
    }
  }
  return signal ? 128 + signal : 0;
}

void print_all(const Lab& lab, const std::vector<Step>& steps, const Terminal& terminal) {
  fmt::print("{} {}\n{}\n", lab.number, lab.name(), lab.question);
  for (const Step& step : steps) {
    fmt::print("\n");
    for (const std::string& line : head_of(step, terminal)) fmt::print("{}\n", line);
    for (const std::string& line : code_of(step, terminal)) fmt::print("{}\n", line);
  }
}

Steps steps_of(const Lab& lab, const Place& place) {
  const auto folder = lab.source(place);
  return read_steps(sources_of(place.root, folder), readme_of(place.root, folder));
}

int check(const std::vector<Lab>& labs, const Place& place) {
  int code = 0;
  for (const Lab& lab : labs) {
    const Steps steps = steps_of(lab, place);
    for (const std::string& fault : steps.faults) {
      fmt::print("{} {}: {}\n", lab.number, lab.name(), fault);
    }
    if (steps.faults.empty()) {
      fmt::print("{} {}: {} steps, none stale\n", lab.number, lab.name(),
                 steps.steps.size());
    } else {
      code = 1;
    }
  }
  return code;
}

}  // namespace

int walk(const Catalog& catalog, const Place& place, const WalkOptions& options) {
  std::vector<Lab> labs;
  for (const std::string& typed : options.labs)
    labs.push_back(catalog.written(typed, place));
  if (options.check)
    return check(labs.empty() ? catalog.all_written(place) : labs, place);
  if (labs.size() != 1)
    throw Usage("walk through which lab? ./lab walk 1, say; one at a time");

  const Steps steps = steps_of(labs[0], place);
  if (steps.steps.empty()) {
    throw lab::Error("walk through " + labs[0].name(), steps.faults.front());
  }
  if (isatty(STDIN_FILENO) && Terminal::of_stdout().interactive()) {
    return turn_pages(steps.steps);
  }
  print_all(labs[0], steps.steps, Terminal::of_stdout());
  return 0;
}

}  // namespace runner
