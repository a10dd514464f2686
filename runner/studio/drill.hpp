// drill.hpp: the drill in the studio: what is due, and what a run says of an answer.
//
// It knows no more than ./lab drill, and keeps what was answered in the same file: who
// answers here is not asked again there.
//
// Errors    An item or an answer that makes no sense throws Usage.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "drill/item.hpp"
#include "drill/store.hpp"
#include "facts/card.hpp"

namespace runner {

class StudioDrill {
 public:
  StudioDrill(const Place& place, const Catalog& catalog, std::filesystem::path kept)
      : place_(place), catalog_(catalog), store_(std::move(kept)) {}

  // All items, those that are due first, in the order to ask them.
  Json items();

  // By the lab's number.
  std::map<std::string, int> due();

  DrillItem item(const std::string& id) const;

  // One of them, as items() has it.
  Json asked(const std::string& id);

  // A prediction in the words of the trace; "" for "?": I do not know.
  std::string understood(const DrillItem& item, const std::string& typed);

  // What the run of a scenario says; noted where it says something.
  Json judge(const DrillItem& item, const std::string& said, const RunCard& card,
             const std::filesystem::path& events);

  // A follow-up, which its reader grades.
  Json grade(const DrillItem& item, int grade);

 private:
  std::vector<DrillItem> all() const;
  void note(Json& verdict, const std::string& item, int grade);

  const Place& place_;
  const Catalog& catalog_;
  DrillStore store_;
};

}  // namespace runner
