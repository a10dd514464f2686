// What Node 20 wrote when it played stream_scripts.json, by its own streams: here ours play
// it. Most of the scripts were drawn at random, and kept because much happens in them.
// tests/conformance/04_streams_test.cpp asks the Node that is installed about them, and about
// many more.
#include <gtest/gtest.h>

#include <fstream>

#include "conformance/04_stream_player.hpp"
#include "support/places.hpp"

namespace {

using lab04::json;
using lab04::Lines;

TEST(RecordedScripts, WriteTheLogThatNodeWrote) {
  const json scripts =
      json::parse(std::ifstream(lab::test::source("tests/common/stream_scripts.json")));
  EXPECT_GT(scripts.size(), 200u);
  int different = 0;
  for (const json& script : scripts) {
    const Lines ours = lab04::Player(script).log, theirs = script["log"];
    if (ours != theirs && ++different <= 3)
      ADD_FAILURE() << script["streams"].dump() << script["turns"].dump() << "\nours   "
                    << json(ours).dump() << "\ntheirs " << json(theirs).dump();
  }
  EXPECT_EQ(different, 0);
}

}  // namespace
