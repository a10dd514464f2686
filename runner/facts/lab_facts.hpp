// lab_facts.hpp: what a page may know of a lab: its own description, and its files.
//
// Errors    What a viewer asks for and this lab does not have throws Usage.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/catalog.hpp"
#include "facts/card.hpp"

namespace runner {

class LabFacts {
 public:
  explicit LabFacts(Place place) : place_(std::move(place)) {}

  // What the program says with --describe; null if it is not built.
  const Json& describe(const Lab& lab);

  // The program's arguments for {"do":"run"}. Nothing that the description does not name
  // gets through. An undescribed lab takes no scene and no knob.
  std::vector<std::string> arguments(const Lab& lab, const Json& message);

  // The value of a knob as the program takes it.
  static std::string knob_argument(const Json& describe, const std::string& name,
                                   const Json& value);

 private:
  struct Known {
    std::filesystem::file_time_type built{};
    Json describe{};
    std::chrono::steady_clock::time_point again{};  // asked, if it did not say it
  };

  Place place_;
  std::map<std::string, Known> known_;
};

// The text of a file under labs/ or common/ that a page may show; nothing otherwise. No
// link is followed out of there.
std::optional<std::string> shown_source(const Place& place, std::string_view path);

// The names of the lab's files that a page may show.
std::vector<std::string> shown_files(const Place& place, const Lab& lab);

}  // namespace runner
