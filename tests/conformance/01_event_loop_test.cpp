// Lab 01 beside Node: the same scenes, the same orders.
#include <gmock/gmock.h>
#include <uv.h>

#include <sstream>

#include "support/played.hpp"

namespace {

using namespace lab::test;

constexpr const char* kUnreferenced = "due but unreferenced timer";

Rows of_the_lab() {
  return play("01_event_loop_phases", {"--scene", "node"}).rows();
}

Rows of_node() {
  return twin("01_event_loop_phases");
}

// "1.46.0" -> {1, 46}
std::pair<int, int> version(const std::string& text) {
  int major = 0, minor = 0;
  char dot = 0;
  std::istringstream(text) >> major >> dot >> minor;
  return {major, minor};
}

using EventLoopBesideNode = BesideNode;

TEST_F(EventLoopBesideNode, PlaysEverySceneInTheSameOrder) {
  Rows lab = of_the_lab();
  Rows node = of_node();
  EXPECT_GE(lab.size(), 7u);
  lab.erase(kUnreferenced);
  node.erase(kUnreferenced);
  EXPECT_EQ(lab, node);
}

// libuv 1.45 runs timers once more before it finds that nothing is left to wait for.
TEST_F(EventLoopBesideNode, DiffersInTheUnreferencedTimerByTheVersionOfLibuvAlone) {
  const auto expected = [](std::pair<int, int> uv) {
    return uv >= std::pair(1, 45) ? "immediate > timeout" : "immediate";
  };
  EXPECT_EQ(of_the_lab()[kUnreferenced], expected(version(uv_version_string())));
  EXPECT_EQ(of_node()[kUnreferenced],
            expected(version(output_of_node({"-p", "process.versions.uv"}))));
}

}  // namespace
