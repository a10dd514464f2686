// The script ./lab, in a folder of its own, with stand-ins for apt-get, cmake and flock:
// what it installs, configures and builds, and when it does not; and what it answers by
// itself, before there is anything to run.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>

#include "fake_place.hpp"
#include "lab/core/terminal.hpp"
#include "support/places.hpp"

namespace runner {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPackages = R"(# need | also | package:proof
core  | everything | a-tool:sh
uv    |            | b-old/libthing:thing
)";

// Writes what a real CMake would: a graph with targets, then programs that tell their
// flags.
constexpr const char* kCMake = R"(#!/bin/sh
root=$FAKE_ROOT
echo "cmake $*" >> $root/calls
case "$*" in
  *--preset*)
    mkdir -p $root/build/release/runner $root/build/release/labs
    echo "CMAKE_HOME_DIRECTORY:INTERNAL=$root" > $root/build/release/CMakeCache.txt
    printf 'build %s: phony x\n' runner lab_01 sample_01 > $root/build/release/build.ninja ;;
  *)
    if test -e $root/broken; then echo '[1/2] Building'; echo 'error: no such thing'; exit 1; fi
    for program in runner/underloop runner/studio labs/01_first; do
      printf '#!/bin/sh\necho "%s: $*"\n' $program > $root/build/release/$program
      chmod +x $root/build/release/$program
    done ;;
esac
)";

// Can install libthing once its lists were read, and knows b-old by name only; installing it makes the command `thing`.
constexpr const char* kAptGet = R"(#!/bin/sh
echo "apt-get $*" >> $FAKE_ROOT/calls
case "$*" in
  *update*) touch $FAKE_ROOT/lists ;;
  *libthing*) test -e $FAKE_ROOT/unreachable && { echo 'E: no mirror'; exit 100; }
    printf '#!/bin/sh\n' > $FAKE_ROOT/bin/thing; chmod +x $FAKE_ROOT/bin/thing ;;
esac
)";
constexpr const char* kAptCache = R"(#!/bin/sh
echo "apt-cache $*" >> $FAKE_ROOT/asked
shift
for name; do
  candidate='(none)'
  test $name = libthing && test -e $FAKE_ROOT/lists && candidate=1.0
  printf '%s:\n  Installed: (none)\n  Candidate: %s\n  Version table:\n' $name "$candidate"
done
)";

class LabScript : public testing::Test {
 protected:
  LabScript() {
    std::filesystem::copy(lab::test::source("lab"), root() / "lab");
    for (const char* name : {"packages.sh", "overview.sh", "verbs.txt"}) {
      const std::string path = std::string("cmake/") + name;
      fake_.write(path, read(lab::test::source(path)));
    }
    fake_.write("cmake/packages.txt", kPackages);
    fake_.write("labs/01_first/main.cpp", "");
    program("cmake", kCMake);
    program("apt-get", kAptGet);
    program("apt-cache", kAptCache);
    program("sudo", "#!/bin/sh\ntest \"$1\" = -n && shift\nexec \"$@\"\n");
  }

  std::filesystem::path root() const { return fake_.place().root; }

  void program(const std::string& name, const std::string& text) {
    fake_.write("bin/" + name, text);
    std::filesystem::permissions(root() / "bin" / name,
                                 std::filesystem::perms::owner_all);
  }

  void installed() { program("thing", "#!/bin/sh\n"); }

  // What it printed; its exit code is in code_.
  std::string type(const std::string& command) {
    const std::string output = root() / "output";
    const std::string line = "cd / && FAKE_ROOT=" + root().string() +
                             " XDG_DATA_HOME=" + (root() / "data").string() +
                             " PATH=" + (root() / "bin").string() + ":$PATH timeout 20 " +
                             command + " > " + output + " 2>&1";
    const int status = std::system(line.c_str());
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return read(output);
  }
  std::string lab(const std::string& words) {
    return type((root() / "lab").string() + " " + words);
  }

  // What was called since the last time.
  std::string calls() {
    const std::string text = read(root() / "calls");
    std::filesystem::remove(root() / "calls");
    return text;
  }

  static std::string read(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  FakePlace fake_;
  int code_ = -1;
};

TEST_F(LabScript, ConfiguresOnceAndBuildsOnlyWhatIsNeeded) {
  installed();
  EXPECT_EQ(lab("run 1 --quick 'a b' -- -x"), "labs/01_first: --quick a b -- -x\n");
  EXPECT_THAT(calls(),
              AllOf(HasSubstr("--preset release"), HasSubstr("--target lab_01\n")));
  EXPECT_EQ(lab("run first"), "runner/underloop: run first\n");
  EXPECT_THAT(calls(),
              AllOf(Not(HasSubstr("--preset")), HasSubstr("--target runner lab_01\n")));
  EXPECT_EQ(lab("walk 1"), "runner/underloop: walk 1\n");
  EXPECT_THAT(calls(), HasSubstr("--target runner\n"));
  EXPECT_EQ(lab("verify --json"), "runner/underloop: verify --json\n");
  EXPECT_THAT(calls(), HasSubstr("--target runner lab_01\n"));
  EXPECT_EQ(code_, 0);
}

TEST_F(LabScript, ADrillBuildsWhatItAsksAbout) {
  installed();
  EXPECT_EQ(lab("drill"), "runner/underloop: drill\n");
  EXPECT_THAT(calls(), HasSubstr("--target runner lab_01\n"));
  for (const char* words : {"drill --lab 1 --all", "drill --lab=first"}) {
    lab(words);
    EXPECT_THAT(calls(), HasSubstr("--target runner lab_01\n")) << words;
  }
  for (const char* words : {"drill --list", "drill --lab 5", "drill --reset --lab 1"}) {
    lab(words);
    EXPECT_THAT(calls(), HasSubstr("--target runner\n")) << words;
  }
}

TEST_F(LabScript, ABookHasARunOfEveryLabAndRefusesAFolderBeforeItBuilds) {
  installed();
  fake_.write("web/dist/index.html", "");
  const std::string site = root() / "site";
  EXPECT_EQ(lab("book " + site), "runner/underloop: book " + site + "\n");
  EXPECT_THAT(calls(), HasSubstr("--target runner lab_01 samples\n"));
  fake_.write("site/mine.txt", "");
  for (const std::string& words : {"book " + site, std::string("book")}) {
    EXPECT_THAT(lab(words), HasSubstr("lab: book")) << words;
    EXPECT_EQ(code_, 2) << words;
    EXPECT_THAT(calls(), Not(HasSubstr("cmake"))) << words;
  }
  fake_.write("site/book.json", "{}");
  EXPECT_EQ(lab("book " + site), "runner/underloop: book " + site + "\n");
}

TEST_F(LabScript, ASheetBuildsItsLabsAndRecordsThem) {
  installed();
  fake_.write("web/package.json", "{}");
  fake_.write("web/dist/index.html", "");
  EXPECT_EQ(lab("sheet"), "runner/underloop: sheet\n");
  EXPECT_THAT(calls(), HasSubstr("--target runner lab_01 sample_01\n"));
  EXPECT_EQ(lab("sheet --out 1 --pdf --paper 1 first"),
            "runner/underloop: sheet --out 1 --pdf --paper 1 first\n");
  EXPECT_THAT(calls(), HasSubstr("--target runner lab_01 sample_01\n"));
  EXPECT_EQ(lab("sheet 5"), "runner/underloop: sheet 5\n");  // not written yet
  EXPECT_THAT(calls(), HasSubstr("--target runner\n"));
}

// All that is installed, but for Node.
TEST_F(LabScript, OnlyTheStudioNeedsNodeAndOnlyForAPageThatIsNotBuilt) {
  installed();
  std::filesystem::create_directory(root() / "tools");
  for (const char* folder : {"/usr/bin", "/bin"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("node") || name.starts_with("npm")) continue;
      std::error_code there_already;
      std::filesystem::create_symlink(entry.path(), root() / "tools" / name,
                                      there_already);
    }
  }
  const auto without_node = [&](const std::string& words) {
    const std::string path =
        (root() / "bin").string() + ":" + (root() / "tools").string();
    return type("env PATH=" + path + " " + (root() / "lab").string() + " " + words);
  };
  EXPECT_EQ(without_node("studio"), "lab: studio: its page (web/) is not there\n");
  EXPECT_EQ(code_, 77);
  fake_.write("web/package.json", "{}");
  EXPECT_EQ(without_node("studio"),
            "lab: studio: its page needs Node 20 or later: apt install nodejs npm\n");
  EXPECT_EQ(code_, 77);
  EXPECT_THAT(calls(), Not(HasSubstr("cmake"))) << "nothing is built for it";
  fake_.write("web/dist/index.html", "");
  EXPECT_EQ(without_node("studio --port 0"), "runner/studio: --port 0\n");
  EXPECT_EQ(without_node("run 1"), "runner/underloop: run 1\n");
  EXPECT_EQ(without_node("walk 1"), "runner/underloop: walk 1\n");
  EXPECT_EQ(without_node("drill --list"), "runner/underloop: drill --list\n");
}

TEST_F(LabScript, ABenchOfAllLabsNeedsWhatTheyNeedWhereverItWrites) {
  fake_.write("lists", "");
  for (const char* words : {"bench --peers", "bench --all --peers --out somewhere"}) {
    EXPECT_THAT(lab(std::string("--no-install ") + words), HasSubstr("libthing"))
        << words;
  }
}

TEST_F(LabScript, BuildBuildsAndRunsNothing) {
  installed();
  EXPECT_EQ(lab("build"), "");
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(calls(), HasSubstr("--target runner lab_01\n"));
}

TEST_F(LabScript, SetupAllInstallsWhatEveryLabNeeds) {
  fake_.write("lists", "");
  EXPECT_THAT(lab("setup all"), HasSubstr("install --no-install-recommends libthing"));
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(calls(), Not(HasSubstr("cmake")));
}

TEST_F(LabScript, SetupSaysWhichNeedsThereAre) {
  EXPECT_EQ(lab("setup pakages"),
            "lab: setup: there is no need named pakages; there are all, core, uv\n");
  EXPECT_EQ(code_, 2);
}

TEST_F(LabScript, LeavesALabThatIsNotThereToTheRunner) {
  for (const char* words : {"run 5", "run nonsense", "run", "run '1;id'"}) {
    EXPECT_EQ(lab(words).substr(0, 18), "runner/underloop: ") << words;
  }
}

TEST_F(LabScript, WorksThroughASymbolicLink) {
  installed();
  std::filesystem::create_symlink(root() / "lab", root() / "link");
  EXPECT_EQ(type((root() / "link").string() + " run 1"), "labs/01_first: \n");
}

TEST_F(LabScript, ARunOnATerminalCountsFromTheFirstOne) {
  installed();
  const std::string data = root() / "data";
  const auto run = [&](const std::string& day) {
    return type("env XDG_DATA_HOME=" + data + " UNDERLOOP_TODAY=" + day +
                " script -qec '" + (root() / "lab").string() + " run 1' /dev/null");
  };
  EXPECT_THAT(run("2026-03-02"), HasSubstr("labs/01_first: ")) << "no runner yet";
  EXPECT_EQ(read(data + "/underloop/progress"), "\n2026-03-02 run 01\n");
  EXPECT_THAT(run("2026-03-03"), HasSubstr("runner/underloop: run 1"))
      << "which notes it, and tells what to remember";
  EXPECT_EQ(
      type("env XDG_DATA_HOME=" + data + "2 " + (root() / "lab").string() + " run 1"),
      "runner/underloop: run 1\n");
  EXPECT_FALSE(std::filesystem::exists(data + "2")) << "nobody saw it";
}

TEST_F(LabScript, StartsAfreshInAFolderThatWasMoved) {
  installed();
  lab("run 1");
  EXPECT_THAT(calls(), HasSubstr("--fresh"));
  std::filesystem::remove(root() / "build/release/build.ninja");
  lab("run 1");
  EXPECT_THAT(calls(), AllOf(HasSubstr("--preset"), Not(HasSubstr("--fresh"))));
  fake_.write("build/release/CMakeCache.txt",
              "CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere\n");
  lab("run 1");
  EXPECT_THAT(calls(), HasSubstr("--fresh"));
}

TEST_F(LabScript, ConfiguresAgainForATargetThatIsNew) {
  installed();
  lab("walk 1");
  calls();
  fake_.write("build/release/build.ninja", "build runner: phony x\n");
  lab("run 1");
  EXPECT_THAT(calls(), HasSubstr("--preset"));
}

TEST_F(LabScript, ShowsWhatDidNotCompileAndRunsNothing) {
  installed();
  fake_.write("broken", "");
  const std::string told = lab("run 1");
  EXPECT_EQ(code_, 1);
  EXPECT_THAT(told, AllOf(HasSubstr("error: no such thing"), HasSubstr("did not compile"),
                          Not(HasSubstr("[1/2]")), Not(HasSubstr("labs/01_first:"))));
}

TEST_F(LabScript, WithNoInstallOnlyPrintsTheLine) {
  fake_.write("lists", "");
  const std::string told = lab("--no-install run 1");
  EXPECT_EQ(code_, 77);
  EXPECT_THAT(told,
              HasSubstr("\nsudo apt-get install --no-install-recommends libthing\n"));
  EXPECT_EQ(calls(), "");
}

TEST_F(LabScript, SaysWhatItInstallsThenInstallsAndGoesOn) {
  const std::string told = lab("run 1");
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(told,
              HasSubstr("./lab run needs packages that are not installed. Doing it now: "
                        "sudo apt-get install --no-install-recommends libthing\n"));
  EXPECT_THAT(told, HasSubstr("labs/01_first: \n"));
  EXPECT_THAT(calls(), AllOf(HasSubstr("update"), HasSubstr("--no-remove"),
                             HasSubstr("--preset")));
  lab("run 1");
  EXPECT_THAT(calls(), Not(HasSubstr("apt-get")));
}

TEST_F(LabScript, InstallsNothingForALabThatNeedsNothingMore) {
  lab("walk 1");
  EXPECT_THAT(calls(), Not(HasSubstr("apt-get")));
}

TEST_F(LabScript, AFailedInstallShowsWhyAndEndsWith77) {
  fake_.write("unreachable", "");
  const std::string told = lab("run 1");
  EXPECT_EQ(code_, 77);
  EXPECT_THAT(told, AllOf(HasSubstr("E: no mirror"), HasSubstr("type the same again")));
}

TEST_F(LabScript, DoctorTellsWhatIsMissingAndWhichLabsItCosts) {
  fake_.write("lists", "");
  const std::string told = lab("doctor");
  EXPECT_EQ(code_, 77);
  EXPECT_THAT(told, HasSubstr("MISSING              lab 1\n"));
  EXPECT_THAT(told, HasSubstr("\n  ./lab setup uv\n"));
  EXPECT_FALSE(std::filesystem::exists(root() / "asked")) << "apt can take seconds";
  installed();
  EXPECT_THAT(lab("doctor"), HasSubstr("Everything is installed."));
  EXPECT_EQ(code_, 0);
}

TEST_F(LabScript, DoctorTellsEachPackageOnceWithAllItsLabs) {
  fake_.write("cmake/packages.txt",
              std::string(kPackages) + "other |  | b-old/libthing:thing\n");
  fake_.write("labs/catalog.json", R"([
{"number": "01", "folder": "01_first", "question": "?", "section": "One", "common": "common", "hard": "hard", "claims": 2, "needs": ["uv"]},
{"number": "02", "folder": "02_second", "question": "?", "section": "One", "common": "common", "hard": "hard", "claims": 2, "needs": ["uv", "other"]},
{"number": "10", "folder": "10_third", "question": "?", "section": "One", "common": "common", "hard": "hard", "claims": 2, "needs": ["other"]}
])");
  const std::string told = lab("doctor");
  EXPECT_THAT(told, HasSubstr(" labs 1-2 10\n"));
  EXPECT_EQ(told.find("b-old"), told.rfind("b-old"));
}

TEST_F(LabScript, DoctorFitsAnOrdinaryTerminal) {
  for (const char* file : {"labs/catalog.json", "cmake/packages.txt"})
    fake_.write(file, read(lab::test::source(file)));
  std::istringstream lines(lab("doctor"));
  std::set<std::string> packages;
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    EXPECT_LE(lab::columns(line), 80) << line;
    EXPECT_TRUE(packages.insert(line.substr(0, line.find(' ', 2))).second) << line;
  }
  EXPECT_GT(packages.size(), 20u);
}

TEST_F(LabScript, AnswersAtOnceWhatNeedsNoBuild) {
  for (const char* words : {"", "--help", "-h", "help", "help run", "run --help",
                            "verify --help", "test -h", "completion bash", "doctor"}) {
    EXPECT_THAT(lab(words), Not(HasSubstr("runner/underloop"))) << words;
    EXPECT_EQ(calls(), "") << words;
  }
  installed();
  EXPECT_EQ(lab("run 1 --help"), "labs/01_first: --help\n") << "the lab's own flags";
}

TEST_F(LabScript, ListsTheLabsAndMarksWhatIsReady) {
  const std::string text = lab("");
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(text, HasSubstr("▸  1 first"));
  EXPECT_THAT(text, HasSubstr("·  5 second_thing"));
  EXPECT_THAT(text, HasSubstr("ready: 1 of 3"));
  EXPECT_THAT(text, HasSubstr("./lab run 1"));
  EXPECT_THAT(text, Not(HasSubstr("\033"))) << "this is no terminal";
}

TEST_F(LabScript, FitsTheWidth) {
  fake_.write("labs/catalog.json", read(lab::test::source("labs/catalog.json")));
  for (const int width : {40, 60, 80, 120}) {
    std::istringstream lines(
        type("env COLUMNS=" + std::to_string(width) + " " + (root() / "lab").string()));
    int shown = 0;
    for (std::string line; std::getline(lines, line); ++shown) {
      if (line.starts_with("  ./lab ") || line.find("ready:") != line.npos) continue;
      EXPECT_LE(lab::columns(line), width) << line;
    }
    EXPECT_GT(shown, 40);
  }
  std::istringstream help(lab("--help"));
  for (std::string line; std::getline(help, line);) EXPECT_LE(lab::columns(line), 80);
}

TEST_F(LabScript, RefusesAVerbThatThereIsNoneOf) {
  EXPECT_EQ(lab("frobnicate"),
            "lab: there is no verb frobnicate; ./lab --help lists them\n");
  EXPECT_EQ(code_, 2);
  EXPECT_EQ(lab("help frobnicate"),
            "lab: there is no verb frobnicate; ./lab --help lists them\n");
  EXPECT_EQ(lab("5"), "lab: to run lab 5, type ./lab run 5\n");
  EXPECT_EQ(lab("'.*'"), "lab: there is no verb .*; ./lab --help lists them\n");
  EXPECT_EQ(calls(), "");
}

// The help and the completion come from one file; what reads the flags is written apart.
TEST_F(LabScript, TheHelpNamesEveryFlagThatIsRead) {
  const std::string help = read(lab::test::source("cmake/verbs.txt"));
  const std::regex flag(R"re("--([a-z]+)"|\bon\("([a-z]+)"|push_back\(\{"([a-z]+)")re");
  std::set<std::string> read_flags;
  for (const char* path : {"runner/verbs/main.cpp", "runner/studio/main.cpp",
                           "common/src/core/options.cpp"}) {
    const std::string code = read(lab::test::source(path));
    for (std::sregex_iterator found(code.begin(), code.end(), flag), end; found != end;
         ++found) {
      read_flags.insert((*found)[1].str() + (*found)[2].str() + (*found)[3].str());
    }
  }
  EXPECT_GE(read_flags.size(), 15u);
  for (const std::string& name : read_flags) {
    if (name == "help" || name == "describe") continue;  // the latter is for programs
    EXPECT_THAT(help, HasSubstr("\n  --" + name + " ")) << name;
  }
}

TEST_F(LabScript, CompletesVerbsLabsAndFlags) {
  std::ofstream(root() / "ask") << "source <(\"$1\" completion bash)\n"
                                   "COMP_WORDS=(${@:2} '') COMP_CWORD=$(($# - 1))\n"
                                   "_underloop && echo ${COMPREPLY[*]}\n";
  const auto offered = [&](const std::string& words) {
    return type("bash " + (root() / "ask").string() + " " + (root() / "lab").string() +
                " " + words);
  };
  EXPECT_THAT(offered("./lab"), AllOf(HasSubstr("run verify"), HasSubstr("doctor")));
  EXPECT_THAT(offered("./lab run"), HasSubstr("1 first 5 second_thing 10 third --quick"));
  EXPECT_EQ(offered("./lab test"), "--fast --asan --tsan --help\n");
  EXPECT_EQ(offered("./lab setup"), "all core uv --help\n");
  EXPECT_EQ(lab("completion zsh").substr(0, 36), "lab: completion is there for bash on");
  EXPECT_EQ(code_, 2);
}

TEST_F(LabScript, ANameThatAptKnowsButCannotInstallIsPassedOver) {
  fake_.write("lists", "");
  EXPECT_THAT(lab("--no-install run 1"), HasSubstr("recommends libthing\n"));
  EXPECT_EQ(read(root() / "asked"), "apt-cache policy b-old libthing\n")
      << "once for all";
}

TEST_F(LabScript, TestRefusesAFlagItDoesNotKnow) {
  EXPECT_THAT(lab("test --fats"), HasSubstr("--fast, --asan, --tsan"));
  EXPECT_EQ(code_, 2);
}

}  // namespace
}  // namespace runner
