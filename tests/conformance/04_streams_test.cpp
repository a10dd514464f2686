// Our streams and Node's: the lab's programs, and random scripts on a PassThrough, write
// the same log. Where the two rightly differ, both are pinned.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "lab/process.hpp"
#include "lab/stream/transform.hpp"
#include "order.hpp"

namespace lab04 {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Lines = std::vector<std::string>;

// A script, on ours. The words are Node's (04_streams.mjs).
class Player {
 public:
  explicit Player(const json& script)
      : stage_(ticks_, script["mark"], {.allow_half_open = script["halfOpen"]}) {
    listen();
    for (const json& ops : script["turns"]) {
      ticks_.run([&] {
        for (const json& op : ops) act(op[0], op.size() > 1 ? op[1] : json(""));
      });
      log.push_back("|");
    }
  }
  Lines log;

 private:
  auto says(std::string what) {
    return [this, what](const auto&...) { log.push_back(what); };
  }

  void listen() {
    stage_.on_end(says("end"));
    stage_.on_prefinish(says("prefinish"));
    stage_.on_finish(says("finish"));
    stage_.on_drain(says("drain"));
    stage_.on_pause(says("pause"));
    stage_.on_resume(says("resume"));
    stage_.on_error(says("error"));
    stage_.on_close(says("close"));
  }

  bool read() {
    const auto chunk = stage_.read();
    log.push_back(chunk ? fmt::format("read {}", chunk->view()) : "null");
    return chunk.has_value();
  }

  void act(const std::string& verb, const std::string& argument) {
    if (verb == "write") {
      const bool answer = stage_.write(lab::Chunk(argument));
      log.push_back(fmt::format("{} {}", answer, stage_.writable_length()));
    }
    if (verb == "end") stage_.end();
    if (verb == "pause") stage_.pause();
    if (verb == "resume") stage_.resume();
    if (verb == "data")
      stage_.on_data([this](const lab::Chunk& chunk) {
        log.push_back(fmt::format("data {}", chunk.view()));
      });
    if (verb == "readable")
      readers_.push_back(stage_.on_readable([this] {
        log.push_back("readable");
        while (read()) {
        }
      }));
    if (verb == "unreadable" && !readers_.empty()) {
      stage_.off_readable(readers_.back());
      readers_.pop_back();
    }
    if (verb == "read") read();
    if (verb == "tick") ticks_.defer(says("tick"));
    if (verb == "destroy") stage_.destroy();
    if (verb == "state") {
      const char* flow = stage_.flowing() ? "true" : stage_.paused() ? "false" : "null";
      log.push_back(fmt::format("{} {}", stage_.readable_length(), flow));
    }
  }

  lab::Ticks ticks_;
  lab::PassThrough stage_;
  std::vector<int> readers_;
};

// Writes of random sizes, and everything else that a user may do, over a few turns.
json random_script(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](unsigned limit) { return random() % limit; };
  static const Lines verbs{"pause", "resume",   "resume",     "data", "data",
                           "read",  "readable", "unreadable", "tick", "state"};
  json turns = json::array();
  const unsigned count = 2 + below(5), last = count - 1, end = below(count);
  for (unsigned turn = 0; turn < count; ++turn) {
    json ops = json::array();
    for (unsigned i = below(7); i > 0; --i) {
      if (turn <= end && below(2) == 0)  // a write after the end is lab 05's
        ops.push_back(
            {"write", std::string(1 + below(6), static_cast<char>('a' + below(26)))});
      else
        ops.push_back({verbs[below(static_cast<unsigned>(verbs.size()))]});
    }
    turns.push_back(ops);
  }
  turns[end].push_back({"end"});
  if (below(2) == 0) turns[last].push_back({"resume"});
  return {{"mark", 1 + below(12)}, {"halfOpen", below(2) == 0}, {"turns", turns}};
}

lab::Exit node(std::vector<std::string> args) {
  args.insert(args.begin(), {"node", "--no-warnings"});
  return lab::Child::run(args, {.deadline = 60s}).wait();
}

std::vector<Lines> play_in_node(const json& scripts) {
  auto name = (std::filesystem::temp_directory_path() / "scripts-XXXXXX").string();
  close(mkstemp(name.data()));
  std::ofstream(name) << scripts;
  const auto exit = node({LAB_SOURCE_DIR "/tests/conformance/04_streams.mjs", name});
  std::filesystem::remove(name);
  if (!exit.ok()) throw std::runtime_error("node failed: " + exit.err);
  return json::parse(exit.out).get<std::vector<Lines>>();
}

class StreamsBesideNode : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      node({"--version"});
    } catch (const lab::Error& missing) {
      if (std::getenv("CI")) FAIL() << missing.what();
      GTEST_SKIP() << "needs node (" << missing.what() << ")";
    }
  }
};

TEST_F(StreamsBesideNode, TheLabsProgramsWriteTheSameOrder) {
  const auto twin = node({LAB_SOURCE_DIR "/labs/04_streams/node.mjs"});
  ASSERT_TRUE(twin.ok()) << twin.err;
  std::map<std::string, std::string> theirs;
  std::istringstream rows(twin.out);
  for (std::string line; std::getline(rows, line);)
    theirs[line.substr(0, line.find(": "))] = line.substr(line.find(": ") + 2);
  EXPECT_EQ(theirs.size(), programs().size());
  for (const auto& [what, play] : programs()) EXPECT_EQ(theirs[what], play()) << what;
}

TEST_F(StreamsBesideNode, RandomScriptsWriteTheSameLog) {
  constexpr unsigned kScripts = 2000;
  json scripts = json::array();
  for (unsigned seed = 1; seed <= kScripts; ++seed)
    scripts.push_back(random_script(seed));
  const auto theirs = play_in_node(scripts);
  ASSERT_EQ(theirs.size(), kScripts);
  std::map<std::string, int> seen;  // so that no kind of line is missing by accident
  int different = 0;
  for (unsigned i = 0; i < kScripts; ++i) {
    const Lines ours = Player(scripts[i]).log;
    if (ours != theirs[i] && ++different <= 3)
      ADD_FAILURE() << "seed " << i + 1 << "\n"
                    << scripts[i].dump() << "\nours   " << json(ours).dump()
                    << "\ntheirs " << json(theirs[i]).dump();
    for (const auto& line : ours) ++seen[line.substr(0, line.find(' '))];
  }
  EXPECT_EQ(different, 0);
  for (const char* kind :
       {"data", "read", "readable", "null", "end", "prefinish", "finish", "drain",
        "pause", "resume", "close", "tick", "true", "false"})
    EXPECT_GT(seen[kind], 50) << kind;
}

TEST_F(StreamsBesideNode, AnotherOrderWouldBeNoticed) {
  json script = json::parse(R"({"mark":4,"halfOpen":true,"turns":
      [[["data"],["write","ab"],["end"],["tick"]]]})");
  EXPECT_EQ(Player(script).log, play_in_node(json::array({script})).front());
  json other = script;
  std::swap(other["turns"][0][0], other["turns"][0][1]);
  EXPECT_NE(Player(other).log, play_in_node(json::array({script})).front());
}

TEST_F(StreamsBesideNode, HandOverWhatWasKeptWhenDestroyedWhichOursDoNot) {
  const json script = json::parse(R"({"mark":16,"halfOpen":true,"turns":
      [[["write","ab"]],[["data"],["destroy"]]]})");
  EXPECT_EQ(play_in_node(json::array({script})).front(),
            (Lines{"true 0", "|", "resume", "data ab", "close", "|"}));
  EXPECT_EQ(Player(script).log, (Lines{"true 0", "|", "resume", "close", "|"}));
}

}  // namespace
}  // namespace lab04
