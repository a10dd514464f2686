// answers.hpp: what the studio's page asks for below /api/, as JSON.
//
// Errors    None of its own: what is not there is empty. What the disk says throws
//           lab::Error.
#pragma once

#include <filesystem>

#include "facts/answers.hpp"
#include "studio/drill.hpp"
#include "studio/store.hpp"

namespace runner {

class StudioMock;
class StudioPlan;

class StudioAnswers {
 public:
  StudioAnswers(const Place& place, const Catalog& catalog, const RunStore& store,
                LabFacts& facts, StudioDrill& drill, StudioMock& mock,
                const StudioPlan& plan, std::vector<std::filesystem::path> bench)
      : place_(place),
        catalog_(catalog),
        store_(store),
        facts_(facts),
        drill_(drill),
        mock_(mock),
        plan_(plan),
        bench_(std::move(bench)) {}

  Json catalog() const;
  Json lab(const Lab& lab) const { return lab_answer(lab, place_, facts_); }
  Json runs() const;
  Json ledger() const;
  Json drill() const { return drill_.items(); }
  Json mock() const;
  Json plan() const;

  Json bench() const { return bench_answer(bench_); }

 private:
  const Place& place_;
  const Catalog& catalog_;
  const RunStore& store_;
  LabFacts& facts_;
  StudioDrill& drill_;
  StudioMock& mock_;
  const StudioPlan& plan_;
  std::vector<std::filesystem::path> bench_;
};

}  // namespace runner
