// measure.hpp: one round of one contestant: a process of its own that does the work
// and tells in one line of JSON how long it took.
//
//   {"operations": 200000, "ns": 19400000, "cpu_ns": 19300000, "check": "200000 ok"}
//
// The process measures itself, so that its start counts for nothing; `check` is what came
// out, and must be the same for all who do the same work. `p99_ns` may stand there too.
//
// Errors    A process that fails, is late or says something else throws lab::Error; one that
//           ends with 77 lacks something and says what: CannotTakePart.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/place.hpp"
#include "peers/plan.hpp"

namespace runner {

struct CannotTakePart : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Round {
  double ns = 0;      // for one operation
  double cpu_ns = 0;  // of all its threads and of the processes it waited for
  std::optional<double> p99_ns{};
  std::string check{};
};

std::filesystem::path peers_folder(const Place& place);

// Where contestants run: the project, and the words that a service offers: {url}.
struct Ground {
  Ground(Place where, std::map<std::string, std::string> offered = {})
      : place(std::move(where)), words(std::move(offered)) {}
  Place place;
  std::map<std::string, std::string> words;
};

// `words` with each {name} filled in.
std::vector<std::string> filled(const std::vector<std::string>& words,
                                const Ground& ground, std::int64_t count = 0);

// The version of a contestant's package or program, or why it cannot take part.
struct Presence {
  std::string version{};
  std::string missing{};  // and what installs it
};
Presence presence(const Contestant& one, const Ground& ground);

Round play_round(const Contestant& one, std::int64_t count, const Ground& ground);

}  // namespace runner
