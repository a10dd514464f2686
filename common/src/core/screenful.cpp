#include "core/screenful.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <sstream>

namespace lab {

namespace {

// One after the other, until all fits: down to so many rows.
struct Step {
  Part part;
  int least;
  bool at_once = false;   // not row by row
  bool cut_only = false;  // a table that is not whole any more
};

constexpr Step kSteps[] = {
    {Part::nuance, 2},
    {Part::curves, 3},
    {Part::evidence, 3},
    {Part::nuance, 1},
    {Part::curves, 2},
    {Part::table, 8},
    {Part::evidence, 2},
    {Part::later_table, 0, true},
    {Part::curves, 0},
    {Part::table, 5},
    {Part::table, 3, false, true},
    {Part::evidence, 1},
    {Part::nuance, 0},
    {Part::later_table, -1, true},
    {Part::table, 2},
    {Part::evidence, 0},
    {Part::table, 0, true},
};

int lines_in(const std::vector<Line>& row) {
  return static_cast<int>(std::ssize(row));
}

int height(const Block& block) {
  const int all = static_cast<int>(std::ssize(block.rows));
  if (block.is_table() && block.shown <= 0 && all > 0) return block.shown + 1;
  int sum = lines_in(block.head);
  for (int row = 0; row < block.shown; ++row)
    sum += lines_in(block.rows[static_cast<std::size_t>(row)]);
  return sum + (block.is_table() && block.shown < all ? 1 : 0);
}

// Takes a row from the longest block of this part, or from the last of several as long.
bool shorten(std::vector<Block>& blocks, const Step& step) {
  Block* longest = nullptr;
  for (Block& block : blocks) {
    if (block.part != step.part || block.shown <= step.least) continue;
    if (step.cut_only && block.shown == std::ssize(block.rows)) continue;
    if (!longest || block.shown >= longest->shown) longest = &block;
  }
  if (!longest) return false;
  longest->shown = step.at_once ? step.least : longest->shown - 1;
  return true;
}

// The last line that is shown of a longer text: up to where a sentence or at least half of the
// line ends well, or as many words as leave room for the mark.
std::string cut(std::string text, int room) {
  const std::size_t sentence = text.rfind(". ");
  const std::size_t clause = text.rfind("; ");
  if (sentence != text.npos) {
    text.resize(sentence + 1);
  } else if (clause != text.npos && 2 * clause > text.size()) {
    text.resize(clause + 1);
  }
  return shortened(std::move(text), room);
}

int longest_word(const std::string& text) {
  int longest = 0;
  std::istringstream words{text};
  for (std::string word; words >> word;) longest = std::max(longest, columns(word));
  return longest;
}

int sum(const std::vector<int>& widths) {
  return std::accumulate(widths.begin(), widths.end(),
                         2 * (static_cast<int>(std::ssize(widths)) - 1));
}

// Takes from the widest column, down to the least of each, until all fit.
void narrow(std::vector<int>& widths, const std::vector<int>& least, int room) {
  const auto spare = [&](std::size_t i) { return widths[i] > least[i] ? widths[i] : 0; };
  for (int all = sum(widths); all > room; --all) {
    std::size_t widest = 0;
    for (std::size_t i = 1; i < widths.size(); ++i)
      if (spare(i) > spare(widest)) widest = i;
    if (spare(widest) == 0) break;
    --widths[widest];
  }
}

// The narrowest column in which this text takes so many lines.
int narrowest(const std::string& text, int lines) {
  int width = std::max(longest_word(text), 1);
  while (std::ssize(lines_of(text, width)) > lines) ++width;
  return width;
}

// Folds only headings if that is enough, to as few lines as can be, so that each row stays one
// line. Otherwise each column stays readable as long as that is possible, and then as long as
// no word is broken.
std::vector<int> column_widths(const std::vector<std::vector<std::string>>& rows,
                               int room) {
  constexpr int kReadable = 12;
  constexpr int kHeadLines = 3;
  std::vector<int> widths(rows.front().size(), 0);
  std::vector<int> words(widths.size(), 0), unfolded(widths.size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) {
      widths[i] = std::max(widths[i], columns(row[i]));
      words[i] = std::max(words[i], longest_word(row[i]));
      if (&row != &rows.front()) unfolded[i] = std::max(unfolded[i], columns(row[i]));
    }
  }
  for (int lines = 1; lines <= kHeadLines; ++lines) {
    std::vector<int> least = unfolded;
    for (std::size_t i = 0; i < least.size(); ++i)
      least[i] = std::max(least[i], narrowest(rows.front()[i], lines));
    if (sum(least) > room) continue;
    narrow(widths, least, room);
    return widths;
  }
  std::vector<int> readable = words;
  for (int& least : readable) least = std::max(least, kReadable);
  narrow(widths, readable, room);
  narrow(widths, words, room);
  return widths;
}

// One row of a table; a cell that is wider than its column goes on in the next line.
std::vector<std::string> row_lines(const std::vector<std::string>& row,
                                   const std::vector<int>& widths) {
  std::vector<std::string> lines(1);
  int column = 0;
  for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) {
    const auto parts =
        columns(row[i]) <= widths[i] ? std::vector{row[i]} : lines_of(row[i], widths[i]);
    lines.resize(std::max(lines.size(), parts.size()));
    for (std::size_t part = 0; part < parts.size(); ++part) {
      if (!parts[part].empty()) lines[part] = padded(lines[part], column) + parts[part];
    }
    column += widths[i] + 2;
  }
  return lines;
}

std::string spaces(int count) {
  return std::string(static_cast<std::size_t>(count), ' ');
}

using Rows = std::vector<std::vector<std::string>>;

// "unit tests: no fault" below "unit tests" is "no fault".
std::string without_parent(std::string_view name, std::string_view parent) {
  if (!name.starts_with(parent)) return std::string(name);
  const std::size_t from = name.find_first_not_of(":, ", parent.size());
  return std::string(from == name.npos ? name : name.substr(from));
}

// A tree of words, which a picture draws as one light for each leaf, would be a line for each
// leaf here. So it is a row for each parent: which leaves have which word. Empty if the table
// is no such tree, or shows numbers.
Rows leaves_by_word(const Rows& table) {
  Rows grouped{{table.front().size() == 3 ? table.front()[1] : ""}};
  for (std::size_t i = 1; i < table.size(); ++i) {
    const auto& row = table[i];
    if (row.size() != 3) return {};
    if (row[1].empty() && row[2].empty()) {
      grouped.push_back({row[0]});
      continue;
    }
    const std::string& word = row[2];
    if (word.empty() || (word[0] >= '0' && word[0] <= '9')) return {};
    if (grouped.back().front() != row[1] || grouped.size() == 1) return {};
    auto& words = grouped.front();
    auto at = std::find(words.begin() + 1, words.end(), word);
    if (at == words.end()) at = words.insert(at, word);
    auto& cells = grouped.back();
    const auto column = static_cast<std::size_t>(at - words.begin());
    cells.resize(std::max(cells.size(), column + 1));
    cells[column] +=
        (cells[column].empty() ? "" : ", ") + without_parent(row[0], cells.front());
  }
  return grouped.size() > 1 && grouped.front().size() > 1 ? grouped : Rows{};
}

// A note about a table, in one line.
std::string note(const Block& table, const Terminal& terminal) {
  const int rows = static_cast<int>(std::ssize(table.rows));
  const int more = rows - table.shown;
  std::string text = fmt::format("… {} more row{}: -v", more, more == 1 ? "" : "s");
  if (table.shown == 0) {
    const std::string end =
        fmt::format(": {} row{} (-v shows them)", rows, rows == 1 ? "" : "s");
    const int room = terminal.width() - table.indent - columns(end);
    text = (columns(table.name) <= room ? table.name : shortened(table.name, room)) + end;
  }
  return spaces(table.indent) + terminal.styled(Style::dim, text);
}

}  // namespace

std::string shortened(std::string text, int room) {
  while (columns(text) + 2 > room && text.find(' ') != text.npos)
    text.resize(text.rfind(' '));
  return text + " …";
}

Block text_block(Part part, const std::string& lead, int indent, std::string_view text,
                 Style style, const Terminal& terminal) {
  std::vector<std::vector<Line>> rows;
  for (const std::string& line : terminal.wrapped(text, indent))
    rows.push_back({{rows.empty() ? lead : spaces(indent), line, style}});
  return {.part = part, .rows = std::move(rows), .indent = indent};
}

Block table_block(Part part, const Record& table, int indent, const Terminal& terminal) {
  Rows rows = cells(table.text("rows"));
  rows.insert(rows.begin(), cells(table.text("columns")).front());
  for (auto& row : rows)
    for (std::string& cell : row) cell = printable(cell);
  if (Rows tree = leaves_by_word(rows); !tree.empty()) rows = std::move(tree);
  const std::vector<int> widths = column_widths(rows, terminal.width() - indent);
  std::vector<std::vector<Line>> set;
  for (const auto& row : rows) {
    set.emplace_back();
    const Style style = &row == &rows.front() ? Style::dim : Style::plain;
    for (std::string& line : row_lines(row, widths))
      set.back().push_back({spaces(indent), std::move(line), style});
  }
  std::vector<Line> head = std::move(set.front());
  set.erase(set.begin());
  head.insert(head.begin(), {spaces(indent), table.name, Style::bold});
  if (part == Part::later_table) head.insert(head.begin(), Line{});
  return {.part = part,
          .rows = std::move(set),
          .head = std::move(head),
          .indent = indent,
          .name = table.name};
}

int height(const std::vector<Block>& blocks) {
  int sum = 0;
  for (const Block& block : blocks) sum += height(block);
  return sum;
}

void fit(std::vector<Block>& blocks, int room) {
  for (const Step& step : kSteps) {
    while (height(blocks) > room && shorten(blocks, step)) {
    }
  }
}

std::vector<std::string> lines(const Block& block, const Terminal& terminal) {
  const int all = static_cast<int>(std::ssize(block.rows));
  std::vector<std::string> shown;
  const auto add = [&](const Line& line, const std::string& text) {
    shown.push_back(line.lead + terminal.styled(line.style, text));
  };
  if (block.is_table() && block.shown <= 0 && all > 0) {
    if (block.shown == 0) shown.push_back(note(block, terminal));
    return shown;
  }
  for (const Line& line : block.head) add(line, line.text);
  const bool is_text = block.part == Part::evidence || block.part == Part::nuance;
  for (int row = 0; row < block.shown; ++row) {
    const bool ends_early = is_text && row + 1 == block.shown && block.shown < all;
    for (const Line& line : block.rows[static_cast<std::size_t>(row)])
      add(line, ends_early ? cut(line.text, terminal.width() - block.indent) : line.text);
  }
  if (block.is_table() && block.shown < all) shown.push_back(note(block, terminal));
  return shown;
}

}  // namespace lab
