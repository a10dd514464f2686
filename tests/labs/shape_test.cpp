// The shape of the project: what stands in which folder, and which way includes point.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "lab/os/process.hpp"
#include "support/places.hpp"

namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using Json = nlohmann::json;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool is_source(const fs::path& file) {
  return file.extension() == ".hpp" || file.extension() == ".cpp";
}

std::vector<fs::path> sources_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && is_source(entry.path())) files.push_back(entry.path());
  }
  return files;
}

std::vector<std::string> includes_of(const fs::path& file) {
  static const std::regex kInclude(R"(#include "([^"]+)\")");
  const std::string text = text_of(file);
  std::vector<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), kInclude), end; at != end; ++at)
    names.push_back((*at)[1]);
  return names;
}

// Each file below `folder` whose includes match what they must not.
std::vector<std::string> offenders(const fs::path& folder, const std::regex& forbidden,
                                   const std::set<std::string>& except = {}) {
  std::vector<std::string> found;
  for (const fs::path& file : sources_below(folder)) {
    const std::string name = file.lexically_relative(lab::test::source());
    if (except.contains(name)) continue;
    for (const std::string& include : includes_of(file)) {
      if (std::regex_search(include, forbidden)) found.push_back(name + ": " + include);
    }
  }
  return found;
}

TEST(Dependencies, PointOneWay) {
  const auto below = [](const char* folder) { return lab::test::source(folder); };
  const std::regex others("^(verbs|drill|rehearse|peers|studio)/");
  EXPECT_THAT(offenders(below("runner/core"), others), IsEmpty());
  EXPECT_THAT(
      offenders(below("runner/drill"), std::regex("^(verbs|rehearse|peers|studio)/")),
      IsEmpty());
  EXPECT_THAT(
      offenders(below("runner/peers"), std::regex("^(verbs|drill|rehearse|studio)/")),
      IsEmpty());
  EXPECT_THAT(offenders(below("runner/rehearse"), std::regex("^(verbs|peers|studio)/")),
              IsEmpty());
  // The program's main() puts them together.
  EXPECT_THAT(
      offenders(below("runner/verbs"), std::regex("^(drill|rehearse|peers|studio)/"),
                {"runner/verbs/main.cpp"}),
      IsEmpty());
  EXPECT_THAT(offenders(below("common"), std::regex(R"(^(labs|runner|tests)/|\.\./)")),
              IsEmpty());
  EXPECT_THAT(offenders(below("labs"), std::regex(R"(^(labs|runner|tests)/|\.\.)")),
              IsEmpty());
  // How a trace is kept and drawn is common's own affair.
  EXPECT_THAT(offenders(below("labs"), std::regex("^(core|os|net|db)/")), IsEmpty());
}

class LabShape : public testing::TestWithParam<std::string> {
 protected:
  fs::path folder() const { return lab::test::source("labs/" + GetParam()); }
  std::string number() const { return GetParam().substr(0, 2); }
  std::string concept_name() const { return GetParam().substr(3); }
};

TEST_P(LabShape, CarriesItsConceptByTheLabsName) {
  EXPECT_TRUE(fs::exists(folder() / (concept_name() + ".hpp")));
  EXPECT_TRUE(fs::exists(folder() / "claims.hpp"));
  EXPECT_TRUE(fs::is_directory(folder() / "scenes"));
}

TEST_P(LabShape, KeepsTraceStoryAndPrintsOutOfTheConcept) {
  const std::regex told(
      R"(lab/core/(trace|story|program|knob)\.hpp|\b(printf|puts|print)\(|std::c(out|err))");
  for (const auto& entry : fs::directory_iterator(folder())) {
    const std::string name = entry.path().filename();
    if (!is_source(entry.path()) || name == "main.cpp" || name == "claims.hpp") continue;
    std::smatch found;
    const std::string text = text_of(entry.path());
    EXPECT_FALSE(std::regex_search(text, found, told)) << name << ": " << found.str();
  }
}

// The page's table is that of claims.hpp, which the program shows with --describe.
TEST_P(LabShape, ItsPageHasTheSentencesOfItsClaims) {
  if (!fs::exists(lab::test::built("labs/" + GetParam()))) GTEST_SKIP() << "not built";
  const auto described = Json::parse(
      lab::Child::run({lab::test::built("labs/" + GetParam()), "--describe"}).wait().out);
  std::map<std::string, std::string> claimed;
  for (const Json& claim : described.at("claims")) {
    EXPECT_TRUE(claimed.emplace(claim.at("id"), claim.at("sentence")).second) << claim;
    EXPECT_TRUE(std::regex_match(claim.at("sentence").get<std::string>(),
                                 std::regex(R"(\S+ \S+ .*[.?!])")))
        << "not a full sentence: " << claim;
  }
  EXPECT_FALSE(claimed.empty());

  std::map<std::string, std::string> on_the_page;
  std::istringstream lines(text_of(folder() / "README.md"));
  const std::regex row(R"(^\| *()" + number() + R"(\.\d+) *\| *(.*?) *\|.*$)");
  for (std::string line; std::getline(lines, line);) {
    std::smatch cells;
    if (std::regex_match(line, cells, row)) on_the_page[cells[1]] = cells[2];
  }
  EXPECT_EQ(on_the_page, claimed);
}

// Said aloud before an interviewer, so it is short, and free of ids and of C++.
TEST_P(LabShape, ItsAnswerCanBeSaidInOneGo) {
  const std::string page = text_of(folder() / "README.md");
  if (page.find("\n## In two minutes\n") != std::string::npos) GTEST_SKIP() << "old form";
  const std::string heading = "\n## The answer in 30 seconds\n\n";
  const auto from = page.find(heading);
  ASSERT_NE(from, std::string::npos);
  const std::string rest = page.substr(from + heading.size());
  const std::string answer = rest.substr(0, rest.find("\n\n"));
  std::istringstream stream(answer);
  const auto words = std::distance(std::istream_iterator<std::string>(stream), {});
  EXPECT_GE(words, 60);
  EXPECT_LE(words, 90);
  std::smatch found;
  EXPECT_FALSE(std::regex_search(answer, found, std::regex(R"(\b\d\d\.\d|::)")))
      << found.str();
  EXPECT_LE(std::ranges::count(page, '\n'), 130);
}

std::vector<std::string> written_labs() {
  std::vector<std::string> folders;
  for (const auto& entry : fs::directory_iterator(lab::test::source("labs"))) {
    if (fs::exists(entry.path() / "main.cpp")) folders.push_back(entry.path().filename());
  }
  std::ranges::sort(folders);
  return folders;
}

INSTANTIATE_TEST_SUITE_P(Written, LabShape, testing::ValuesIn(written_labs()),
                         [](const auto& test) { return test.param; });

}  // namespace
