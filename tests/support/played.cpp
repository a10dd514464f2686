#include "support/played.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "lab/core/error.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"

namespace lab::test {

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

void note(Played& played, const Json& event) {
  const Json& args = event.at("args");
  const std::string category = event.at("cat");
  if (category == "table") {
    played.tables.push_back({args.at("title"), args.at("columns"), args.at("rows")});
  }
  if (category == "claim") {
    (args.at("holds") ? played.proven : played.failed).insert(args.at("id"));
  }
}

}  // namespace

Rows Played::rows(const std::string& joint) const {
  Rows rows;
  for (const Table& table : tables) {
    for (const Cells& cells : table.rows) {
      std::string rest;
      for (std::size_t i = 1; i < cells.size(); ++i) {
        rest += (i > 1 ? joint : "") + cells[i];
      }
      rows[cells.at(0)] = rest;
    }
  }
  return rows;
}

Table Played::table(const std::string& title) const {
  for (const Table& table : tables) {
    if (table.title == title) return table;
  }
  throw std::runtime_error("the lab showed no table \"" + title + "\": " + exit.err);
}

Played play(const std::string& folder, std::vector<std::string> flags,
            std::vector<std::pair<std::string, std::string>> env) {
  flags.insert(flags.begin(), {lab::test::built("labs/") + folder, "--json"});
  Child child = Child::run(std::move(flags), {.deadline = 55s, .env = std::move(env)});
  Played played{child.wait(), {}, {}, {}};
  std::istringstream lines(played.exit.out);
  for (std::string line; std::getline(lines, line);) note(played, Json::parse(line));
  for (const std::string& id : played.failed) played.proven.erase(id);
  return played;
}

std::string output_of_node(std::vector<std::string> args, ChildOptions options) {
  args.insert(args.begin(), "node");
  options.deadline = std::max<std::chrono::milliseconds>(options.deadline, 55s);
  Child node = Child::run(std::move(args), std::move(options));
  EXPECT_EQ(node.wait().code, 0) << node.wait().err;
  return node.wait().out;
}

std::string answer_of_node(const std::string& script, const std::string& input) {
  const TempFolder folder;
  const std::string file = folder.path() + "/input";
  std::ofstream(file) << input;
  return output_of_node(
      {"--no-warnings", lab::test::source("tests/conformance/") + script, file});
}

Rows twin(const std::string& folder, ChildOptions options) {
  Rows rows;
  std::istringstream lines(output_of_node(
      {lab::test::source("labs/") + folder + "/node.mjs"}, std::move(options)));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) rows[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return rows;
}

NodeServer::NodeServer(std::vector<std::string> script_and_arguments)
    : child_([&] {
        std::vector<std::string>& argv = script_and_arguments;
        argv[0] = source("tests/conformance/" + argv[0]);
        argv.insert(argv.begin(), "node");
        int ends[2];
        check_errno(pipe2(ends, O_CLOEXEC), "make a pipe");
        output_.reset(ends[0]);
        const Descriptor its(ends[1]);
        return Child::run(argv, {.deadline = 60s, .capture = false, .output = its.get()});
      }()) {
  for (char c = 0; read(output_.get(), &c, 1) == 1 && c != '\n';) url_ += c;
}

void BesideNode::SetUp() {
  std::string missing;
  try {
    output_of_node({"--version"});
  } catch (const Error& error) {
    missing = std::string("needs node: ") + error.what();
  }
  const std::string packages = lab::test::source("tests/conformance/node_modules/");
  if (!package_.empty() && !std::filesystem::exists(packages + package_)) {
    missing = "needs " + package_ + ": npm ci --prefix tests/conformance";
  }
  if (missing.empty()) return;
  if (std::getenv("CI")) FAIL() << missing;
  GTEST_SKIP() << missing;
}

}  // namespace lab::test
