// each_lab.hpp: a test that stands for every lab that is built.
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "lab/os/process.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"

namespace lab::test {

struct Lab {
  std::string number;
  std::string folder;
  std::size_t claims = 0;
};

inline void PrintTo(const Lab& lab, std::ostream* out) {
  *out << lab.folder;
}

inline std::vector<Lab> built_labs() {
  std::vector<Lab> labs;
  std::ifstream file(source("labs/catalog.json"));
  for (const nlohmann::json& entry : nlohmann::json::parse(file)) {
    const std::string folder = entry.at("folder");
    if (!std::filesystem::exists(built("labs/") + folder)) continue;
    labs.push_back({entry.at("number"), folder, entry.at("claims")});
  }
  return labs;
}

// A temporary folder of the test's own, so that what a lab leaves is seen.
class EachLab : public testing::TestWithParam<Lab> {
 protected:
  Child start(std::vector<std::string> flags, int terminal = -1) const {
    flags.insert(flags.begin(), built("labs/") + GetParam().folder);
    const std::vector<std::pair<std::string, std::string>> env = {
        {"TMPDIR", tmp_}, {"TERM", "xterm"}, {"NO_COLOR", "1"}};
    return Child::run(flags, {.deadline = std::chrono::seconds(60),
                              .capture = terminal < 0,
                              .env = env,
                              .output = terminal});
  }
  Exit run(std::vector<std::string> flags) const {
    return start(std::move(flags)).wait();
  }
  // What has stayed in it.
  std::vector<std::string> left_over() const {
    std::vector<std::string> names;
    const std::filesystem::path base = tmp_ + "/underloop-" + std::to_string(geteuid());
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(base, none)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
  // By its flag --describe.
  nlohmann::json description() const {
    return nlohmann::json::parse(run({"--describe"}).out);
  }

  const TempFolder folder_;
  const std::string& tmp_ = folder_.path();
};

}  // namespace lab::test
