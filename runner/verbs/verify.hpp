// verify.hpp: run labs one after another, and judge what they tell.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/catalog.hpp"
#include "core/ledger.hpp"

namespace runner {

struct VerifyOptions {
  std::vector<std::string> labs{};  // none: all that are written
  bool json = false;
  std::string markdown{};  // a file; empty: none
};

// The exit code: 0 every claim held, 1 one did not, 77 a lab lacks something it needs.
int verify(const Catalog& catalog, const Place& place, const VerifyOptions& options);

// Runs one lab in quick mode. `on_wait` is called about ten times a second.
Entry verify_lab(const Lab& lab, const Place& place, std::chrono::milliseconds deadline,
                 const std::function<void(std::chrono::milliseconds)>& on_wait);

}  // namespace runner
