// screenful.hpp: what of a scene fits the screen.
//
// A scene is told in blocks: a sentence, a claim, its evidence, a table. Where they do not all
// fit, the least important lines are left out one by one, until the others do. A sentence of the
// story, a claim, a takeaway, and the evidence of a claim that failed are never shortened.
#pragma once

#include <string>
#include <vector>

#include "core/record.hpp"
#include "lab/core/terminal.hpp"

namespace lab {

// What a block is, and so how it may be shortened.
enum class Part { whole, gap, evidence, nuance, table, later_table, curves };

struct Line {
  std::string lead{};  // styled, and not shortened
  std::string text{};
  Style style = Style::plain;
};

struct Block {
  Part part = Part::whole;
  std::vector<std::vector<Line>> rows;  // of a table; otherwise each has one line
  std::vector<Line> head{};             // above the rows
  int indent = 0;
  std::string name{};                              // of a table
  int shown = static_cast<int>(std::ssize(rows));  // a table of 0 is named; of -1 is gone

  bool is_table() const { return part == Part::table || part == Part::later_table; }
};

Block text_block(Part part, const std::string& lead, int indent, std::string_view text,
                 Style style, const Terminal& terminal);
Block table_block(Part part, const Record& table, int indent, const Terminal& terminal);

int height(const std::vector<Block>& blocks);

// Shortens them to so many lines, if that can be done.
void fit(std::vector<Block>& blocks, int room);

// As many whole words as leave room for the mark behind them.
std::string shortened(std::string text, int room);

// What is shown of it, in lines for this terminal.
std::vector<std::string> lines(const Block& block, const Terminal& terminal);

}  // namespace lab
