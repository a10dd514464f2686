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
#include <cstdio>

#include "core/highlight.hpp"
#include "core/progress.hpp"
#include "core/steps.hpp"
#include "lab/core/error.hpp"

namespace runner {

namespace {

using lab::Style;
using lab::Terminal;

// down and up scroll within a step, and go to the next one or back from its end.
enum class Key { next, back, down, up, first, last, quit, none };

Key key_of(std::string_view typed) {
  if (typed == "\033[C") return Key::next;
  if (typed == "\033[D") return Key::back;
  if (typed == "\033[B" || typed == "\033[6~") return Key::down;
  if (typed == "\033[A" || typed == "\033[5~") return Key::up;
  if (typed == "\033" || typed == "\3" || typed == "\4") return Key::quit;
  if (typed.empty()) return Key::none;
  switch (typed.back()) {
    case 'j':
    case ' ':
    case '\r':
    case '\n':
      return typed.front() == '\033' ? Key::none : Key::down;
    case 'n':
    case 'l':
      return Key::next;
    case 'k':
      return Key::up;
    case 'b':
    case 'p':
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

// What must not be broken: a token, but of a comment each word.
std::vector<Token> unbreakable(const std::vector<Token>& tokens) {
  std::vector<Token> pieces;
  for (const Token& token : tokens) {
    std::string_view rest = token.text;
    const bool words = token.kind == Token::Kind::comment;
    while (!rest.empty()) {
      const std::size_t space = words ? rest.find(' ', 1) : rest.npos;
      pieces.push_back({token.kind, rest.substr(0, space)});
      rest.remove_prefix(pieces.back().text.size());
    }
  }
  return pieces;
}

// The line in rows of at most so many columns. A row that goes on is indented further.
std::vector<std::string> rows_of(const std::string& line, CppLexer& lexer, int room,
                                 const Terminal& terminal) {
  const std::size_t indent = std::min(line.find_first_not_of(' '), line.size()) + 4;
  std::vector<std::string> rows;
  std::vector<Token> row;
  int used = 0;
  const auto end_row = [&] {
    const std::string before(rows.empty() ? 0 : indent, ' ');
    rows.push_back(before + highlighted(row, terminal));
    row.clear();
    used = static_cast<int>(indent);
  };
  for (Token piece : unbreakable(lexer.line(line))) {
    if (used + lab::columns(piece.text) > room && !row.empty()) {
      end_row();
      if (piece.text.starts_with(' ')) piece.text.remove_prefix(1);
    }
    used += lab::columns(piece.text);
    row.push_back(piece);
  }
  if (!row.empty() || rows.empty()) end_row();
  return rows;
}

// In rows that fit the terminal, where a person reads it there.
std::vector<std::string> code_of(const Step& step, const Terminal& terminal) {
  constexpr int kGutter = 7, kNoLimit = 1'000'000;
  const int room = terminal.interactive() ? terminal.width() - kGutter : kNoLimit;
  std::vector<std::string> lines;
  CppLexer lexer;
  int number = step.code_line;
  for (const std::string& line : step.code) {
    std::string gutter = fmt::format("{:>{}}  ", number++, kGutter - 2);
    for (const std::string& row : rows_of(line, lexer, room, terminal)) {
      lines.push_back(terminal.styled(Style::dim, gutter) + row);
      gutter.assign(kGutter, ' ');
    }
  }
  if (step.cut) lines.push_back(terminal.styled(Style::dim, "    …"));
  return lines;
}

// A step on one screen. Its heading stays, and code that does not fit scrolls below it.
class Page {
 public:
  Page(const Step& step, std::size_t number, std::size_t of, const Terminal& terminal,
       std::size_t height)
      : where_(fmt::format("{} of {}", number, of)),
        is_last_(number == of),
        head_(head_of(step, terminal)),
        code_(code_of(step, terminal)) {
    room_ = height > head_.size() + 3 ? height - head_.size() - 3 : 1;
  }

  // By how many lines the code can be scrolled at most.
  [[nodiscard]] std::size_t hidden() const {
    return code_.size() > room_ ? code_.size() - room_ : 0;
  }
  // How far one key scrolls: two lines of what was seen stay in sight.
  [[nodiscard]] std::size_t stride() const { return room_ > 2 ? room_ - 2 : 1; }

  [[nodiscard]] std::string text(std::size_t scrolled, const Terminal& terminal) const {
    std::string text = "\033[H\033[2J";
    for (const std::string& line : head_) text += line + "\r\n";
    const std::size_t end = std::min(scrolled + room_, code_.size());
    for (std::size_t i = scrolled; i < end; ++i) text += code_[i] + "\r\n";
    const std::size_t below = code_.size() - end;
    std::string keys = where_;
    if (below)
      keys += fmt::format("   space: {} more lines", below);
    else
      keys += is_last_ ? "   that was the last step" : "   space: go on";
    keys += is_last_ ? " · b back · q quit" : " · n next · b back · q quit";
    return text + "\r\n" + terminal.styled(Style::dim, keys);
  }

 private:
  std::string where_;
  bool is_last_;
  std::vector<std::string> head_, code_;
  std::size_t room_;
};

int turn_pages(const std::vector<Step>& steps) {
  int signal = 0;
  std::size_t at = 0, scrolled = 0;
  {
    const Screen screen;
    for (Key key = Key::none; key != Key::quit; key = screen.read_key(signal)) {
      const Terminal terminal = Terminal::of_stdout();
      const auto page_of = [&](std::size_t step) {
        return Page(steps[step], step + 1, steps.size(), terminal, Screen::height());
      };
      const std::size_t before = at;
      Page page = page_of(at);
      scrolled = std::min(scrolled, page.hidden());  // the terminal may have grown
      const bool ends_here = scrolled == page.hidden();
      if (key == Key::down && !ends_here)
        scrolled = std::min(scrolled + page.stride(), page.hidden());
      if (key == Key::up && scrolled)
        scrolled -= std::min(scrolled, page.stride());
      else if (key == Key::up && at > 0)
        --at;
      if (key == Key::next || (key == Key::down && ends_here))
        at = std::min(at + 1, steps.size() - 1);
      if (key == Key::back && at > 0) --at;
      if (key == Key::first) at = 0;
      if (key == Key::last) at = steps.size() - 1;
      if (at != before) {
        page = page_of(at);
        scrolled = 0;
      }
      Screen::put(page.text(scrolled, terminal));
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

bool is_harness(const Step& step, const std::string& folder) {
  const std::string inside = "labs/" + folder + "/";
  return std::ranges::any_of(
      std::array{"main.cpp", "scenes/", "world/"},
      [&](const char* part) { return step.file.starts_with(inside + part); });
}

// What makes a walk through the concept longer than the five minutes that it may take.
void find_lengths(const Lab& lab, Steps& steps) {
  constexpr std::size_t kMost = 9;
  const auto walked = concept_steps(steps.steps, lab.folder);
  if (walked.size() > kMost) {
    steps.faults.push_back(
        fmt::format("the concept has {} steps; {} are enough", walked.size(), kMost));
  }
  for (const Step& step : walked) {
    if (!step.cut) continue;
    steps.faults.push_back(
        fmt::format("{}:{}: the code of step {} has more than {} lines", step.file,
                    step.line, step.number, Step::kLongest));
  }
}

int check(const std::vector<Lab>& labs, const Place& place) {
  int code = 0;
  for (const Lab& lab : labs) {
    Steps steps = steps_of(lab, place);
    find_lengths(lab, steps);
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

std::vector<Step> concept_steps(const std::vector<Step>& steps,
                                const std::string& folder) {
  constexpr std::size_t kEnough = 3;
  std::vector<Step> shown;
  std::ranges::copy_if(steps, std::back_inserter(shown),
                       [&](const Step& step) { return !is_harness(step, folder); });
  return shown.size() >= kEnough ? shown : steps;
}

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
  const std::vector<Step> shown =
      options.all ? steps.steps : concept_steps(steps.steps, labs[0].folder);
  const Terminal terminal = Terminal::of_stdout();
  if (isatty(STDIN_FILENO) && terminal.interactive()) {
    note_progress(progress_file(), "walk", labs[0].number, today());
    return turn_pages(shown);
  }
  print_all(labs[0], shown, terminal);
  if (const std::size_t others = steps.steps.size() - shown.size()) {
    fmt::print("\n{}\n",
               terminal.styled(
                   Style::dim,
                   fmt::format("{} more {} the scenes and what stands in for the world: "
                               "./lab walk {} --all",
                               others, others == 1 ? "step shows" : "steps show",
                               labs[0].number)));
  }
  return 0;
}

}  // namespace runner
