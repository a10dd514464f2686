#include "core/ledger.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

namespace runner {

namespace {

using Json = nlohmann::ordered_json;
using Verdict = Claim::Verdict;
using Outcome = Entry::Outcome;
using lab::Style;

double seconds(std::chrono::milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::proven:
      return "proven";
    case Outcome::failed:
      return "failed";
    case Outcome::absent:
      break;
  }
  return "absent";
}

// Text inside a Markdown table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char byte : lab::printable(text)) {
    if (std::strchr("|\\`*_<>", byte)) result += '\\';
    result += byte;
  }
  return result;
}

std::string cells(const std::vector<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts) {
    result += (result.empty() ? "" : "<br>") + cell(text);
  }
  return result;
}

std::string plural(int count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string_view word(Claim::Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::fails:
      return "fails";
    case Verdict::missing:
      break;
  }
  return "missing";
}

int Ledger::exit_code() const {
  if (count(Outcome::failed)) return 1;
  return count(Outcome::absent) ? 77 : 0;
}

int Ledger::count(Verdict verdict) const {
  int count = 0;
  for (const Entry& entry : entries_) {
    count += static_cast<int>(std::ranges::count(entry.claims, verdict, &Claim::verdict));
  }
  return count;
}

int Ledger::count(Outcome outcome) const {
  return static_cast<int>(std::ranges::count(entries_, outcome, &Entry::outcome));
}

std::string Ledger::totals() const {
  const int held = count(Verdict::holds);
  const int failed = count(Verdict::fails);
  const int missing = count(Verdict::missing);
  std::chrono::milliseconds took{};
  for (const Entry& entry : entries_) took += entry.took;
  std::string text =
      fmt::format("{} of {} in {} hold", held, plural(held + failed + missing, "claim"),
                  plural(static_cast<int>(entries_.size()), "lab"));
  if (failed) text += fmt::format(" · {} failed", failed);
  if (missing) text += fmt::format(" · {} missing", missing);
  if (const int absent = count(Outcome::absent)) {
    text += fmt::format(" · {} could not run", plural(absent, "lab"));
  }
  return text + fmt::format(" · {:.1f} s", seconds(took));
}

std::string Ledger::json() const {
  Json labs = Json::array();
  for (const Entry& entry : entries_) {
    Json claims = Json::array();
    for (const Claim& claim : entry.claims) {
      claims.push_back({{"id", claim.id},
                        {"claim", claim.sentence},
                        {"evidence", claim.evidence},
                        {"verdict", word(claim.verdict)}});
    }
    labs.push_back({{"number", entry.lab.number},
                    {"name", entry.lab.name()},
                    {"question", entry.lab.question},
                    {"outcome", word(entry.outcome)},
                    {"seconds", seconds(entry.took)},
                    {"notes", entry.notes},
                    {"claims", claims}});
  }
  const Json json = {{"labs", labs},
                     {"totals",
                      {{"labs", entries_.size()},
                       {"holds", count(Verdict::holds)},
                       {"fails", count(Verdict::fails)},
                       {"missing", count(Verdict::missing)},
                       {"absent", count(Outcome::absent)}}},
                     {"exit", exit_code()}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string Ledger::markdown() const {
  std::string text = "# Ledger\n\n" + totals() + "\n";
  for (const Entry& entry : entries_) {
    text += fmt::format("\n## {} {}\n\n{}\n", entry.lab.number, cell(entry.lab.name()),
                        cell(entry.lab.question));
    for (const std::string& note : entry.notes) text += "\n**" + cell(note) + "**\n";
    if (entry.claims.empty()) continue;
    text += "\n| id | claim | evidence | verdict |\n| --- | --- | --- | --- |\n";
    for (const Claim& claim : entry.claims) {
      text += fmt::format("| {} | {} | {} | {} |\n", cell(claim.id), cell(claim.sentence),
                          cells(claim.evidence), word(claim.verdict));
    }
  }
  return text;
}

std::string claim_text(const Claim& claim, const lab::Terminal& terminal) {
  const bool holds = claim.verdict == Verdict::holds;
  const Style style = holds ? Style::green : Style::red;
  const std::string_view mark = holds                               ? "✔"
                                : claim.verdict == Verdict::missing ? "–"
                                                                    : "✘";
  std::string text;
  const std::string id = lab::padded(lab::printable(claim.id), 5);
  const int indent = 6 + lab::columns(id);
  const std::string under(static_cast<std::size_t>(indent), ' ');
  std::string lead = fmt::format("  {} {}  ", terminal.styled(style, mark), id);
  for (const auto& line : terminal.wrapped(lab::printable(claim.sentence), indent)) {
    text += std::exchange(lead, under) +
            terminal.styled(holds ? Style::plain : style, line) + "\n";
  }
  for (const std::string& evidence : claim.evidence) {
    for (const auto& line : terminal.wrapped(lab::printable(evidence), indent)) {
      text += under + terminal.styled(Style::dim, line) + "\n";
    }
  }
  return text;
}

std::string ledger_text(const Entry& entry, const lab::Terminal& terminal) {
  const std::string head = fmt::format("{} {}", entry.lab.number, entry.lab.name());
  std::string text =
      "\n" + terminal.styled(Style::bold, head) +
      terminal.styled(Style::dim, fmt::format("  {:.1f} s", seconds(entry.took))) + "\n";
  for (const Claim& claim : entry.claims) text += claim_text(claim, terminal);
  const Style style = entry.outcome == Outcome::absent ? Style::yellow : Style::red;
  for (const std::string& note : entry.notes) {
    for (const auto& line : terminal.wrapped(note, 2)) {
      text += "  " + terminal.styled(style, line) + "\n";
    }
  }
  return text;
}

}  // namespace runner
