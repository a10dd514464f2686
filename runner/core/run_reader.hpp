// run_reader.hpp: what one run of a lab told about its claims, and whether that is proof.
//
// A run is proof only if it is whole: every line an event, every claim of the catalogue
// made, every claim held, the run ended by itself with exit code 0.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/catalog.hpp"

namespace runner {

struct Claim {
  enum class Verdict { holds, fails, missing };

  std::string id;
  std::string sentence{};
  std::vector<std::string>
      evidence{};  // each time it was made; failed: each time it failed
  Verdict verdict = Verdict::missing;
  bool listed = true;  // in the catalogue's count
};

// One lab's part of the ledger.
struct Entry {
  enum class Outcome { proven, failed, absent };

  Lab lab;
  Outcome outcome = Outcome::failed;
  std::vector<Claim> claims{};       // by id
  std::vector<std::string> notes{};  // why not, where a claim does not say it
  std::chrono::milliseconds took{};
};

// How the process ended.
struct RunExit {
  int code = 0;
  int signal = 0;
  bool timed_out = false;
  std::string errors{};  // its standard error
};

// Reads the lines of one run with --json.
class RunReader {
 public:
  void line(std::string_view line);

  // The claims so far, in the order of their ids.
  std::vector<Claim> claims() const;

  Entry finish(const Lab& lab, const RunExit& exit, std::chrono::milliseconds took) const;

 private:
  void unreadable(std::string_view line, std::string_view why);
  std::vector<std::string> troubles(const RunExit& exit) const;

  std::vector<Claim> claims_;
  std::map<std::string, std::string> nuances_;  // the last of each claim
  std::vector<std::string> faults_;
  int lines_ = 0;
  int told_ = -1;  // how many claims, as the end of the run says
  long dropped_ = 0;
  bool ended_ = false;
};

}  // namespace runner
