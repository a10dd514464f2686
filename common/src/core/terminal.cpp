#include "lab/core/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace lab {

namespace {

constexpr std::string_view code(Style style) {
  switch (style) {
    case Style::bold:
      return "1";
    case Style::dim:
      return "2";
    case Style::red:
      return "31";
    case Style::green:
      return "32";
    case Style::yellow:
      return "33";
    case Style::blue:
      return "34";
    case Style::magenta:
      return "35";
    case Style::cyan:
      return "36";
    case Style::plain:
      break;
  }
  return "";
}

int width_of_stdout() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* columns = std::getenv("COLUMNS");
  const int width = columns ? std::atoi(columns) : 0;
  return width > 0 ? width : 80;
}

int height_of_stdout() {
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
  return known ? size.ws_row : 24;
}

}  // namespace

Terminal Terminal::of_stdout() {
  const bool interactive = isatty(STDOUT_FILENO) == 1;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term && std::string_view(term) == "dumb";
  const bool colour = interactive && !dumb && !(no_colour && *no_colour);
  return Terminal(interactive && !dumb, colour, std::max(40, width_of_stdout()),
                  std::max(16, height_of_stdout()));
}

std::string Terminal::styled(Style style, std::string_view text) const {
  if (!colour_ || style == Style::plain || text.empty()) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", code(style), text);
}

std::vector<std::string> Terminal::wrapped(std::string_view text, int indent) const {
  return lines_of(text, std::max(20, width_ - indent));
}

namespace {

// `text` is one line of a text; it keeps its indentation, since it may be code.
void append_lines(std::string_view text, int room, std::vector<std::string>& lines) {
  const std::size_t indent = std::min(text.find_first_not_of(' '), text.size());
  std::string line(text.substr(0, indent));
  text.remove_prefix(indent);
  bool has_word = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (has_word && columns(line) + 1 + columns(word) > room) {
      lines.push_back(std::move(line));
      line.clear();
      has_word = false;
    }
    if (has_word) line += ' ';
    line += word;
    has_word = has_word || !word.empty();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  lines.push_back(std::move(line));
}

}  // namespace

std::vector<std::string> lines_of(std::string_view text, int room) {
  std::vector<std::string> lines;
  std::size_t end = text.find('\n');
  for (; end != std::string_view::npos; end = text.find('\n')) {
    append_lines(text.substr(0, end), room, lines);
    text.remove_prefix(end + 1);
  }
  append_lines(text, room, lines);
  return lines;
}

int columns(std::string_view text) {
  return static_cast<int>(
      std::ranges::count_if(text, [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string padded(std::string_view text, int width) {
  return std::string(text) +
         std::string(static_cast<std::size_t>(std::max(0, width - columns(text))), ' ');
}

std::string sparkline(const std::vector<double>& values) {
  static constexpr std::array<std::string_view, 8> kBars = {"▁", "▂", "▃", "▄",
                                                            "▅", "▆", "▇", "█"};
  if (values.empty()) return {};
  const double most = std::max(*std::ranges::max_element(values), 1e-9);
  std::string line;
  for (const double value : values) {
    const double share = std::clamp(value / most, 0.0, 1.0);
    line += kBars[static_cast<std::size_t>(share * 7 + 0.5)];
  }
  return line;
}

std::string printable(std::string_view text) {
  std::string safe(text);
  for (char& byte : safe) {
    if (byte == '\n' || byte == '\t') byte = ' ';
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) byte = '?';
  }
  return safe;
}

}  // namespace lab
