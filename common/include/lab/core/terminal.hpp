// terminal.hpp: where a person reads: how large it is, and whether it knows colour.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lab {

enum class Style { plain, bold, dim, red, green, yellow, blue, magenta, cyan };

class Terminal {
 public:
  // Of standard output: colour only on a terminal without NO_COLOR; the width is the
  // terminal's, else $COLUMNS, else 80, and is never taken for less than 40; the height is the
  // terminal's, else 24, and is never taken for less than 16.
  static Terminal of_stdout();

  Terminal(bool interactive, bool colour, int width, int height = 24)
      : interactive_(interactive), colour_(colour), width_(width), height_(height) {}

  bool interactive() const { return interactive_; }
  bool colour() const { return colour_; }
  int width() const { return width_; }
  int height() const { return height_; }

  std::string styled(Style style, std::string_view text) const;

  // The text in lines no wider than the terminal less `indent`, broken at spaces.
  std::vector<std::string> wrapped(std::string_view text, int indent) const;

 private:
  bool interactive_;
  bool colour_;
  int width_;
  int height_;
};

// Columns that a UTF-8 text takes, wide characters left aside.
int columns(std::string_view text);

// The lines of the text, each broken at spaces into lines of at most so many columns.
std::vector<std::string> lines_of(std::string_view text, int room);

// The text filled up with spaces to so many columns.
std::string padded(std::string_view text, int width);

// Values as small bars, one column each: ▁▂▃▅▇.
std::string sparkline(const std::vector<double>& values);

// A text that may hold control characters, safe to show: they become spaces or '?'.
std::string printable(std::string_view text);

}  // namespace lab
