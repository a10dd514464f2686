#include "lab/core/story.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <stdexcept>

#include "core/arena.hpp"

namespace lab {

namespace {

using trace::detail::emit;
using trace::detail::Kind;

void add_row(std::string& text, const std::vector<std::string>& row) {
  for (const std::string& cell : row) {
    std::ranges::replace_copy_if(
        cell, std::back_inserter(text),
        [](char c) { return c == kEndOfCell || c == kEndOfRow; }, ' ');
    text += kEndOfCell;
  }
  text += kEndOfRow;
}

}  // namespace

std::string_view to_string(Picture kind) {
  static constexpr std::string_view kNames[] = {"nodes",   "sequence", "ring",   "tank",
                                                "machine", "slots",    "strips", "bars",
                                                "curves",  "tree",     "axis"};
  return kNames[static_cast<std::size_t>(kind)];
}

void Story::scene(std::string_view title, Where where) {
  if (trace::on()) emit({Kind::scene, title}, {}, where);
}

void Story::say_text(std::string_view text, Where where) {
  emit({Kind::say, text}, {}, where);
}

void Story::takeaway_text(std::string_view text, Where where) {
  emit({Kind::takeaway, text}, {}, where);
}

void Story::picture(Picture kind, std::initializer_list<std::string_view> feeds,
                    Where where) {
  if (!trace::on()) return;
  std::string names;
  add_row(names, {feeds.begin(), feeds.end()});
  emit({Kind::picture, to_string(kind)}, {.args = {{"feeds", names}}}, where);
}

std::string_view Story::sentence_of(std::string_view id) const {
  const auto found = std::ranges::find(claims_, id, &Claim::id);
  if (found == claims_.end())
    throw std::logic_error(fmt::format("claim {} is not in the lab's table", id));
  return found->sentence;
}

bool Story::claim_text(std::string_view id, std::string_view sentence, bool holds,
                       std::string_view evidence, Where where) {
  if (!holds) ++failed_;
  if (trace::on()) {
    emit({Kind::claim, sentence},
         {.args = {{"id", id}, {"holds", holds}, {"evidence", evidence}}}, where);
  }
  return holds;
}

void Story::nuance_text(std::string_view id, std::string_view text, Where where) {
  emit({Kind::nuance, text}, {.args = {{"id", id}}}, where);
}

void Story::table(const Table& table, Where where) {
  if (!trace::on()) return;
  std::string columns;
  std::string rows;
  add_row(columns, table.columns);
  for (const auto& row : table.rows) add_row(rows, row);
  emit({Kind::table, table.title}, {.args = {{"columns", columns}, {"rows", rows}}},
       where);
}

Table distribution(std::string title, const std::map<std::string, int>& orders) {
  std::vector<std::pair<std::string, int>> sorted(orders.begin(), orders.end());
  std::ranges::stable_sort(sorted, std::greater{}, &std::pair<std::string, int>::second);
  int total = 0;
  for (const auto& [order, runs] : sorted) total += runs;

  Table table{std::move(title), {"order", "runs", "share"}, {}};
  for (const auto& [order, runs] : sorted) {
    const double share = static_cast<double>(runs) / total;
    std::string bar;
    for (int i = 0; i < static_cast<int>(share * 20 + 0.5); ++i) bar += "█";
    table.rows.push_back(
        {order, std::to_string(runs), fmt::format("{:5.1f} % {}", share * 100, bar)});
  }
  return table;
}

}  // namespace lab
