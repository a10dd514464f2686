// Our .env parser beside dotenv, Node and bash, on random files and on the page's examples;
// and the lab beside its twin.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>
#include <sstream>

#include "env_file.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"
#include "support/played.hpp"

namespace lab28 {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Values = std::map<std::string, std::string>;
using lab::test::source;

Values values(const EnvFile& file) {
  Values result;
  for (const auto& entry : file.entries) result[entry.name] = entry.value;
  return result;
}

class EnvFiles : public lab::test::BesideNode {
 protected:
  EnvFiles() : BesideNode("dotenv") {}

  // What dotenv and Node read: a list of {dotenv, node}.
  json by_node(const std::vector<std::string>& texts) {
    return json::parse(lab::test::answer_of_node("28_env_files.mjs", json(texts).dump()));
  }

  // What bash has set after `. file`, of the names that the page and this test use.
  std::vector<Values> by_bash(const std::vector<std::string>& texts) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      std::ofstream(fmt::format("{}/{}.env", folder_.path(), i)) << texts[i];
    }
    const auto exit = lab::Child::run({"env", "-i", "PATH=/usr/bin:/bin", "HOME=/root",
                                       "bash", "--norc", "-c",
                                       R"(cd "$0"; for ((i = 0; i < $1; ++i)); do
                  (set -a; . "./$i.env" >/dev/null 2>&1
                   for name in ${!A@} ${!N@}; do printf '%s=%s\0' "$name" "${!name}"; done)
                  printf '\0'
                done)",
                                       folder_.path(), std::to_string(texts.size())},
                                      {.deadline = 60s})
                          .wait();
    std::vector<Values> result(1);
    std::istringstream parts(exit.out);
    for (std::string part; std::getline(parts, part, '\0');) {
      if (part.empty()) {
        result.emplace_back();
      } else {
        result.back()[part.substr(0, part.find('='))] = part.substr(part.find('=') + 1);
      }
    }
    result.pop_back();
    return result;
  }

  lab::test::TempFolder folder_;
};

// Files of a few lines in which nothing is wrong.
class Author {
 public:
  explicit Author(unsigned seed) : random_(seed) {}

  std::string file(bool portable) {
    std::string text;
    const int lines = 1 + below(6);
    for (int i = 0; i < lines; ++i) {
      text +=
          line(fmt::format("N{}", i), portable) + (portable || below(8) ? "\n" : "\r\n");
    }
    return text;
  }

 private:
  int below(int limit) {
    return static_cast<int>(random_() % static_cast<unsigned>(limit));
  }
  std::string of(std::string_view alphabet, int most) {
    std::string text;
    for (int size = below(most); size > 0; --size) {
      text +=
          alphabet[static_cast<std::size_t>(below(static_cast<int>(alphabet.size())))];
    }
    return text;
  }

  std::string line(const std::string& name, bool portable) {
    if (portable) return name + "=" + portable_value();
    if (below(6) == 0) return below(2) ? "" : "  # " + of("ab='\"#", 9);
    const std::string before = of(" \t", 3) + (below(5) ? "" : "export ");
    return before + name + of(" ", 2) + "=" + of(" \t", 3) + value() +
           (below(3) ? "" : " # " + of("ab '\"`#=", 9));
  }
  std::string value() {
    switch (below(4)) {
      case 0:
        return "'" + of("ab \n\"`#$=\\n", 12) + "b'";
      case 1:
        return "\"" + of("ab \n'`#$=\\nr", 12) + "b\"";
      case 2:
        return "`" + of("ab \n'\"#$=\\n", 12) + "b`";
      default:
        return of("ab1", 3) + of("ab '\"`$=\\n:/.", 12);
    }
  }
  std::string portable_value() {
    switch (below(3)) {
      case 0:
        return "'" + of("ab #$=;&*\"", 12) + "'";
      case 1:
        return "\"" + of("ab #=;&*'", 12) + "\"";
      default:
        return of("ab1:/.@%+,-", 12);
    }
  }

  std::mt19937 random_;
};

TEST_F(EnvFiles, WhateverIsNotRefusedIsWhatDotenvReads) {
  Author author(281);
  std::vector<std::string> texts;
  while (texts.size() < 10'000) {
    std::string text = author.file(false);
    if (parse_env_file(text).problems.empty()) texts.push_back(std::move(text));
  }
  const json read = by_node(texts);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ASSERT_EQ(values(parse_env_file(texts[i])), read[i]["dotenv"].get<Values>())
        << texts[i];
  }
}

TEST_F(EnvFiles, EveryReaderAgreesAboutPlainLines) {
  Author author(282);
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) texts.push_back(author.file(true));
  const json read = by_node(texts);
  const std::vector<Values> bash = by_bash(texts);
  ASSERT_EQ(bash.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const EnvFile file = parse_env_file(texts[i]);
    ASSERT_TRUE(file.problems.empty()) << texts[i];
    ASSERT_EQ(values(file), read[i]["dotenv"].get<Values>()) << texts[i];
    ASSERT_EQ(values(file), read[i]["node"].get<Values>()) << texts[i];
    ASSERT_EQ(values(file), bash[i]) << texts[i];
  }
}

// A row of the page: "| `A=b#c` | `b` | `b` | `b` | `b#c` |".
TEST_F(EnvFiles, TheTableOfDifferencesOnThePageIsTrue) {
  std::ifstream page(source("labs/28_environment/README.md"));
  const std::regex row(
      R"(^\| `(A=[^|]*)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$)");
  std::vector<std::string> texts;
  std::vector<std::vector<std::string>> cells;
  for (std::string line; std::getline(page, line);) {
    std::smatch found;
    if (!std::regex_match(line, found, row)) continue;
    texts.push_back(std::regex_replace(found[1].str(), std::regex("⏎"), "\n"));
    cells.push_back({found[2], found[3], found[4], found[5]});
  }
  ASSERT_GE(texts.size(), 8u);
  const json read = by_node(texts);
  const std::vector<Values> bash = by_bash(texts);
  const auto shown = [](const Values& values) {
    const auto found = values.find("A");
    if (found == values.end()) return std::string("not set");
    if (found->second.empty()) return std::string("empty");
    return "`" + std::regex_replace(found->second, std::regex("\n"), "⏎") + "`";
  };
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const EnvFile ours = parse_env_file(texts[i]);
    EXPECT_THAT(cells[i], testing::ElementsAre(
                              ours.problems.empty() ? shown(values(ours)) : "refused",
                              shown(read[i]["dotenv"].get<Values>()),
                              shown(read[i]["node"].get<Values>()), shown(bash[i])))
        << texts[i];
  }
}

class EnvironmentBesideNode : public lab::test::BesideNode {};

TEST_F(EnvironmentBesideNode, TheLabSaysWhatNodeDoes) {
  const lab::test::Played played = lab::test::play("28_environment", {"--quick"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  lab::test::Rows ours;
  for (const lab::test::Table& table : played.tables) {
    for (const lab::test::Cells& row : table.rows) ours[row[0]] = row[1];
  }
  const lab::test::Rows node = lab::test::twin("28_environment");
  for (const char* row :
       {"DEBUG=false", "DEBUG=0", "DEBUG=no", "only the file", "the file and the shell",
        "/proc of the service", "a child of the service"}) {
    EXPECT_EQ(ours.at(row), node.at(row)) << row;
  }
  EXPECT_EQ(played.table("Who sees the password").rows[0][2],
            node.at("/proc, by a neighbour"));
  EXPECT_EQ(node.at("undefined becomes"), "\"undefined\"");
  EXPECT_EQ(node.at("the main thread sees a Worker's variable"), "no");
}

}  // namespace
}  // namespace lab28
