// played.hpp: a lab as a test runs it, and its twin in Node.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lab/os/descriptor.hpp"
#include "lab/os/process.hpp"

namespace lab::test {

using Cells = std::vector<std::string>;
using Rows = std::map<std::string, std::string>;

struct Table {
  std::string title;
  Cells columns;
  std::vector<Cells> rows;
};

struct Played {
  Exit exit;
  std::vector<Table> tables;
  std::set<std::string> proven;  // the claims that held each time they were made
  std::set<std::string> failed;  // and the others

  // Of all tables, each row's first cell and the other ones, joined.
  Rows rows(const std::string& joint = " > ") const;
  // A table that the run showed; throws without it.
  Table table(const std::string& title) const;
};

// Runs `labs/FOLDER` with --json and these flags. ASSERTs nothing: see Played::exit.
Played play(const std::string& folder, std::vector<std::string> flags = {},
            std::vector<std::pair<std::string, std::string>> env = {});

// What node prints of labs/FOLDER/node.mjs: lines like "name: value".
Rows twin(const std::string& folder, ChildOptions options = {});
std::string output_of_node(std::vector<std::string> args, ChildOptions options = {});
// What node prints of tests/conformance/SCRIPT, whose one argument is a file with `input`.
std::string answer_of_node(const std::string& script, const std::string& input);

// A script of tests/conformance that serves until it is killed, once it has printed its URL.
class NodeServer {
 public:
  explicit NodeServer(std::vector<std::string> script_and_arguments);
  const std::string& url() const { return url_; }

 private:
  Descriptor output_{};  // open, so that it may go on printing
  Child child_;
  std::string url_{};
};

// A test beside Node, or beside one of its packages: skipped where that is not installed,
// and failed there in CI.
class BesideNode : public testing::Test {
 protected:
  explicit BesideNode(std::string package = {}) : package_(std::move(package)) {}
  void SetUp() override;

 private:
  std::string package_;
};

}  // namespace lab::test
