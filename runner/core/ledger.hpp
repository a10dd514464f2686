// ledger.hpp: the claims of many runs, as a person, a program or a page reads them.
//
//   the lab's lines --> RunReader --> Entry --> Ledger --> terminal, JSON, Markdown
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/run_reader.hpp"
#include "lab/core/terminal.hpp"

namespace runner {

class Ledger {
 public:
  void add(Entry entry) { entries_.push_back(std::move(entry)); }
  const std::vector<Entry>& entries() const { return entries_; }

  int exit_code() const;
  std::string totals() const;  // one sentence
  std::string json() const;
  std::string markdown() const;

 private:
  int count(Claim::Verdict verdict) const;
  int count(Entry::Outcome outcome) const;

  std::vector<Entry> entries_;
};

std::string_view word(Claim::Verdict verdict);  // "holds"

// One entry as a person reads it.
std::string ledger_text(const Entry& entry, const lab::Terminal& terminal);

// One claim, with its evidence under it.
std::string claim_text(const Claim& claim, const lab::Terminal& terminal);

}  // namespace runner
