// Our lines beside pino's, our levels beside pino's and Bunyan's, who blocks beside Node on
// the same file, pipe and terminal; and the lab beside its twin.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <random>
#include <thread>

#include "line_sink.hpp"
#include "logging.hpp"
#include "support/own_run.hpp"
#include "support/played.hpp"
#include "support/wait_until.hpp"
#include "world/outputs.hpp"

namespace lab26 {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::StartsWith;

class BesidePino : public lab::test::BesideNode {
 protected:
  BesidePino() : BesideNode("pino") {}
  Json asked(const Json& lines) {
    return Json::parse(lab::test::answer_of_node(
        "26_pino.mjs",
        Json{{"lines", lines}, {"killed", folder_.path() + "/killed.log"}}.dump()));
  }
  // Our line of one of those.
  std::string ours(const Json& line) {
    const std::string path = folder_.path() + "/ours.log";
    fs::remove(path);
    Logger log({std::make_shared<LineSink>(path)},
               {.queue_bytes = 0,
                .redact = line["redact"].get<std::vector<std::string>>(),
                .now = [] { return 1ms; }});
    // One context for each field, because a list of fields cannot be made at run time.
    std::vector<std::unique_ptr<Scope>> scopes;
    for (const auto& [name, value] : line["fields"].items()) {
      if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        scopes.push_back(std::make_unique<Scope>(log.with({{name, text}})));
      } else if (value.is_number_integer()) {
        scopes.push_back(std::make_unique<Scope>(log.with({{name, value.get<int>()}})));
      } else if (value.is_number()) {
        scopes.push_back(
            std::make_unique<Scope>(log.with({{name, value.get<double>()}})));
      } else if (value.is_boolean()) {
        scopes.push_back(std::make_unique<Scope>(log.with({{name, value.get<bool>()}})));
      } else {
        scopes.push_back(std::make_unique<Scope>(log.with({{name, value}})));
      }
    }
    log.log(Level::info, line["msg"].get_ref<const std::string&>());
    while (!scopes.empty()) scopes.pop_back();  // the last context first
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  lab::test::TempFolder folder_;
};

// Fields with all that must be escaped, and secrets in several depths.
class Author {
 public:
  Json line() {
    Json fields = Json::object();
    for (int i = below(4); i > 0; --i) fields["k" + std::to_string(i)] = value(2);
    if (below(2)) fields["password"] = value(1);
    if (below(2)) fields["user"] = {{"name", text()}, {"pin", value(1)}};
    if (below(2)) fields["cards"] = Json::array({{{"number", 1}, {"kind", text()}}, 7});
    if (below(3) == 0) fields["pins"] = Json::array({1, text(), nullptr});
    static const std::vector<std::string> kPaths = {
        "password", "user.pin", "cards.*.number", "*.name", "pins.*", "no.such.path"};
    Json redact = Json::array();
    for (const std::string& path : kPaths) {
      if (below(3) == 0) redact.push_back(path);
    }
    return {{"redact", redact}, {"fields", fields}, {"msg", text()}};
  }

 private:
  int below(int limit) {
    return static_cast<int>(random_() % static_cast<unsigned>(limit));
  }
  std::string text() {
    static const char* const kParts[] = {
        "a",          "\"", "\\", "\n", "\x1f",         "\x7f",
        "zo\xC3\xAB", "\t", " ",  "/",  "\xE2\x80\xA8", "\xF0\x9F\x98\x80"};
    std::string made;
    for (int i = below(60); i > 0; --i) made += kParts[below(std::size(kParts))];
    return made;
  }
  Json value(int depth) {
    switch (below(depth ? 7 : 5)) {
      case 0:
        return below(2) == 0;
      case 1:
        return below(1'000'000) - 500'000;
      case 2:
        return below(1'000) + 0.25;
      case 3:
        return nullptr;
      case 4:
        return text();
      case 5:
        return Json::array({value(depth - 1), value(depth - 1)});
      default:
        return {{"inner", value(depth - 1)}, {"other", text()}};
    }
  }

  std::mt19937 random_{26};
};

TEST_F(BesidePino, EachOfRandomLinesIsTheSameByteForByte) {
  Author author;
  Json lines = Json::array();
  for (int i = 0; i < 3'000; ++i) lines.push_back(author.line());
  const Json theirs = asked(lines)["lines"];
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ASSERT_EQ(ours(lines[i]), theirs[i].get<std::string>()) << lines[i];
  }
}

TEST_F(BesidePino, LevelsAreTheNumbersOfPinoAndBunyan) {
  const Json answer = asked(Json::array());
  const Json levels = {{"trace", static_cast<int>(Level::trace)},
                       {"debug", static_cast<int>(Level::debug)},
                       {"info", static_cast<int>(Level::info)},
                       {"warn", static_cast<int>(Level::warn)},
                       {"error", static_cast<int>(Level::error)},
                       {"fatal", static_cast<int>(Level::fatal)}};
  EXPECT_EQ(answer["levels"]["pino"], levels);
  EXPECT_EQ(answer["levels"]["bunyan"], levels);
  EXPECT_EQ(answer["errors"]["bunyan"]["level"], 50);
  EXPECT_EQ(answer["errors"]["winston"]["level"], "error");
}

TEST_F(BesidePino, TheKilledProcessLosesItsQueueThereToo) {
  const Json answer = asked(Json::array());
  EXPECT_LT(answer["kept"]["async"], 500);
  EXPECT_EQ(answer["kept"]["sync"], 500);
}

class LoggingBesideNode : public lab::test::BesideNode {
 protected:
  // How 400 KiB by Node's console.log to this output end while nobody reads.
  Outcome of_node(const Output& output) {
    const lab::test::TempFolder folder;
    lab::Child node =
        lab::Child::run({"node", "-e",
                         "const fs = require('fs'); fs.writeFileSync('begins', '');"
                         "for (let i = 0; i < 400; ++i) console.log('x'.repeat(1023));"
                         "fs.writeFileSync('returns', '');"},
                        {.deadline = 60s,
                         .capture = false,
                         .output = output.writer.get(),
                         .folder = folder.path()});
    const auto there = [&](const char* name) {
      return [&folder, name] { return fs::exists(folder.path() + '/' + name); };
    };
    lab::test::wait_until("Node begins", there("begins"));
    auto calls = std::async(std::launch::async, [&] {
      lab::test::wait_until("the calls return", there("returns"),
                            [] { std::this_thread::sleep_for(1ms); });
    });
    const Outcome result = outcome(calls, node.pid());
    std::promise<void> ends;
    auto reader = std::async(std::launch::async, [&, end = ends.get_future()] {
      return read_all(output.reader.get(), end);
    });
    EXPECT_EQ(node.wait().code, 0);
    ends.set_value();
    EXPECT_EQ(reader.get().size(), output.reader.get() < 0 ? 0u : 400u * 1024);
    calls.get();
    return result;
  }
};

TEST_F(LoggingBesideNode, TheTerminalBlocksAndThePipeDoesNot) {
  const lab::test::TempFolder folder;
  EXPECT_EQ(of_node(open_file(folder.path() + "/log")), Outcome::returned);
  EXPECT_EQ(of_node(open_pipe()), Outcome::returned);
  EXPECT_EQ(of_node(open_terminal()), Outcome::asleep);
}

TEST_F(LoggingBesideNode, WhatTheTwinShowsIsWhatTheLabShows) {
  const lab::test::Rows node = lab::test::twin("26_logging", {.deadline = 60s});
  const lab::test::Played played = lab::test::play("26_logging", {"--quick"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  const lab::test::Rows rows = played.rows();
  for (const char* name :
       {"exits at once", "abort", "SIGSEGV", "takes the context along",
        "starts without it", "rename, then reopen", "copy, then truncate"}) {
    EXPECT_EQ(rows.at(name), node.at(name)) << name;
  }
  EXPECT_EQ(node.at("SIGKILL"), "500 > 500 > 0");
  EXPECT_THAT(node.at("pipe"), StartsWith("returned, the rest"));
  EXPECT_EQ(node.at("lines of one plain message"), "2");
  EXPECT_EQ(node.at("lines of one JSON message"), "1");
}

}  // namespace
}  // namespace lab26
