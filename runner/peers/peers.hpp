// peers.hpp: ./lab bench 14 --peers: the same work in our code, in Node's packages and in
// what nobody can beat, in one run.
#pragma once

#include <string>
#include <vector>

#include "core/catalog.hpp"
#include "peers/contest.hpp"

namespace runner {

struct PeersOptions {
  std::string lab{};  // none: all that have a plan
  bool quick = false;
  std::string out{};  // a folder; none: build/bench
};

// Measures, prints a table a case, and writes peers_NN.json and peers_NN.svg; the JSON
// also into bench/ of the user's data folder, where ./lab studio looks.
// Of several labs also an index.html. It leaves neither processes nor folders behind.
// The exit code: 1 if contestants did not do the same work, or one could not be measured;
// 128 + n if a signal ended it. A goal
// that is missed is told, and fails nothing: machines differ.
int peers(const Catalog& catalog, const Place& place, const PeersOptions& options);

}  // namespace runner
