// What a page writes on the whiteboard runs, and fits on one.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/places.hpp"
#include "support/played.hpp"

namespace {

namespace fs = std::filesystem;
using lab::test::source;

class Whiteboard : public lab::test::BesideNode,
                   public testing::WithParamInterface<std::string> {
 protected:
  fs::path file() const { return source("labs/" + GetParam() + "/whiteboard.mjs"); }
};

// It checks itself: node ends with 1 when an assertion of it fails.
TEST_P(Whiteboard, Runs) {
  lab::test::output_of_node({file().string()});
}

TEST_P(Whiteboard, FitsOnOne) {
  std::ifstream stream(file());
  const auto lines = std::count(std::istreambuf_iterator<char>(stream), {}, '\n');
  EXPECT_GE(lines, 15);
  EXPECT_LE(lines, 40);
}

std::vector<std::string> labs() {
  std::vector<std::string> folders;
  for (const auto& entry : fs::directory_iterator(source("labs"))) {
    if (fs::exists(entry.path() / "whiteboard.mjs")) {
      folders.push_back(entry.path().filename());
    }
  }
  std::ranges::sort(folders);
  return folders;
}

INSTANTIATE_TEST_SUITE_P(Each, Whiteboard, testing::ValuesIn(labs()),
                         [](const auto& test) { return test.param; });

}  // namespace
