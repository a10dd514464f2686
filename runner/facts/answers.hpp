// answers.hpp: the answers to what a page asks below /api/ that hold with and without a server.
// The studio serves them, the book (./lab book) has them written into files.
//
// Errors    None of its own: what is not there is empty. What the disk says throws
//           lab::Error.
#pragma once

#include <filesystem>
#include <vector>

#include "facts/lab_facts.hpp"

namespace runner {

// The run of a lab that the build recorded, of all its scenes.
inline std::filesystem::path sample_of(const Place& place, const std::string& number) {
  return place.build / "samples" / (number + ".ndjson");
}

// What the list of all labs tells of each.
[[nodiscard]] Json catalog_entry(const Lab& lab, const Place& place);

// /api/lab/05: the lab, its own description, its page, its files and the steps through them.
[[nodiscard]] Json lab_answer(const Lab& lab, const Place& place, LabFacts& facts);

// A run's claims as the ledger lists them.
[[nodiscard]] std::vector<Json> ledger_entries(const RunCard& card);

// Where ./lab bench leaves its results: of --peers for this user, and of our own variants.
[[nodiscard]] std::vector<std::filesystem::path> bench_folders(
    const Place& place, const std::filesystem::path& data);

// The newest result of each lab that --peers has left there, and what Google Benchmark has.
[[nodiscard]] Json bench_answer(const std::vector<std::filesystem::path>& folders);

}  // namespace runner
