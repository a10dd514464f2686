// pipeline.cpp: from a commit to production.
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"

namespace lab29 {

namespace fs = std::filesystem;
using lab::Child;
using lab::Story;

namespace {

// A name, and a command of the shell.
using Stages = std::vector<std::pair<std::string, std::string>>;

const Stages kPromote = {{"build", "c++ -o app app.cpp"},
                         {"test", "test \"$(./app 3)\" = 30"},
                         {"staging", "cp app staging"},
                         {"production", "cp staging production"}};

constexpr const char* kProgram =
    "#include <cstdio>\n#include <cstdlib>\n#include \"dependency.hpp\"\n"
    "int main(int, char** argv) { std::printf(\"%d\", std::atoi(argv[1]) * kPrice); }\n";

class Repository {
 public:
  Repository() {
    fs::create_directory(folder_);
    std::ofstream(folder_ / "app.cpp") << kProgram;
  }
  void release_dependency(int price) const {
    std::ofstream(folder_ / "dependency.hpp")
        << "constexpr int kPrice = " << price << ";";
  }
  lab::Exit shell(const std::string& command) const {
    return Child::run({"sh", "-c", command}, {.deadline = 60s, .folder = folder_}).wait();
  }
  std::string hash(const std::string& name) const {  // SHA-256, its first 12 digits
    return shell("sha256sum " + name).out.substr(0, 12);
  }
  // Step 10: one stage after the other. The first that is red ends it; its name.
  std::string run(const Stages& stages) const {
    for (const auto& [name, command] : stages)
      if (shell(command).code != 0) return name;
    return "";
  }

 private:
  const fs::path folder_ = lab::run_dir() / "repository";
};

}  // namespace

void pipeline(Story& story, const Knobs&) {
  story.say(
      "A pipeline builds a commit, tests it, and copies the program to staging and to "
      "production. The second commit has a bug. Another pipeline builds again for "
      "production, after a new release of a dependency.");
  const std::string title = "SHA-256 of the program, its first digits";
  story.picture(lab::Picture::bars, {title});
  const Repository repository;
  repository.release_dependency(10);
  const std::string first = repository.run(kPromote);
  const std::string tested = repository.hash("app");
  const std::string live = repository.hash("production");

  repository.release_dependency(11);  // the bug
  const std::string red = repository.run(kPromote);
  const std::string after = repository.hash("production");
  const std::string refused = repository.hash("app");

  repository.release_dependency(10);
  auto twice = kPromote;
  twice.back().second =
      "echo 'constexpr int kPrice = 11;' > dependency.hpp; c++ -o production app.cpp";
  const std::string rebuilt = repository.run(twice);
  const std::string untested = repository.hash("production");
  const std::string staging = repository.hash("staging");
  const auto told = [](const std::string& failed, bool same) -> std::string {
    if (!failed.empty()) return failed + " is red: stopped";
    return same ? "ok, the tested bytes" : "not the tested bytes";
  };
  story.table({title,
               {"pipeline", "tested", "in production", "what came of it"},
               {{"commit 1", tested, live, told(first, tested == live)},
                {"commit 2, a bug", refused, after, told(red, refused == after)},
                {"built twice", staging, untested, told(rebuilt, staging == untested)}}});
  story.claim("29.10",
              first.empty() && tested == live && red == "test" && after == live &&
                  rebuilt.empty() && untested != staging,
              "production ran the bytes that were tested ({}), and still did after a "
              "commit whose test was red. Control: built again, production got {}, which "
              "no test had seen: it says {} instead of 30",
              live, untested, repository.shell("./production 3").out);
  story.takeaway(
      "Build once, and promote that file or image by its hash. What differs between "
      "staging and production comes from the environment.");
}

}  // namespace lab29
