#include "lab/story.hpp"

#include <algorithm>
#include <functional>

namespace lab {

namespace {

using trace::detail::emit;
using trace::detail::Kind;

// Columns and rows travel as two texts, parted by ASCII's unit and record separators.
std::string joined(const std::vector<std::string>& parts, char separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) text += separator;
    text += part;
  }
  return text;
}

}  // namespace

void Story::scene(std::string_view title, Where where) {
  if (trace::on()) emit({Kind::scene, title}, {}, where);
}

void Story::say_text(std::string_view text, Where where) {
  emit({Kind::say, text}, {}, where);
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
  std::vector<std::string> rows;
  for (const auto& row : table.rows) rows.push_back(joined(row, '\x1f'));
  const std::string columns = joined(table.columns, '\x1f');
  const std::string all_rows = joined(rows, '\x1e');
  emit({Kind::table, table.title}, {.args = {{"columns", columns}, {"rows", all_rows}}},
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
