// ./lab sheet as a person has it, with a browser that is a script: how it prints in a real one
// is tested in tests/e2e/studio/sheet_test.mjs.
#include <gmock/gmock.h>

#include <csignal>
#include <iterator>
#include <set>
#include <thread>

#include "runner/fake_place.hpp"
#include "runner/terminal80.hpp"
#include "support/places.hpp"

namespace runner {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

// Prints as Chromium does: the address goes into the PDF.
constexpr const char* kPrints = R"(#!/bin/sh
for word; do
  case $word in
    --print-to-pdf=*) made=${word#*=} ;;
    --user-data-dir=*) mkdir -p "${word#*=}" && touch "${word#*=}/Cookies" ;;
  esac
done
printf '%%PDF-1.4 %s' "$word" > "$made"
)";

class SheetTest : public testing::Test {
 protected:
  SheetTest() {
    fake_.write("web/dist/whole.js", "drawn();");
    fake_.write("web/dist/app.css", "");
    fake_.lab("5", "echo '{\"scenes\":[],\"knobs\":[]}'\n");
    fake_.write("labs/05_second_thing/README.md", "# 05\n");
    fake_.write("build/samples/05.ndjson", claim_line("05.1", true) + "\n");
    fs::create_directories(root() / "bin");
    fs::create_directories(tmp());
  }

  fs::path root() const { return fake_.place().root; }
  fs::path out() const { return root() / "sheets"; }
  fs::path tmp() const { return root() / "tmp"; }

  void browser(const std::string& script) {
    fake_.write("bin/chromium", script);
    permissions(root() / "bin/chromium", fs::perms::owner_all);
  }

  static std::string read(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // What `sheet` prints; no program but those of bin/ and these few is in its path.
  std::string sheet(const std::string& words) {
    const std::string line = "UNDERLOOP_ROOT=" + root().string() +
                             " UNDERLOOP_WEB=" + (root() / "web/dist").string() +
                             " UNDERLOOP_BUILD=" + fake_.place().build.string() +
                             " TMPDIR=" + tmp().string() + " PATH=" + path() +
                             " /usr/bin/timeout 60 " +
                             lab::test::built("runner/underloop sheet ") + words + " > " +
                             (root() / "output").string() + " 2>&1";
    const int status = std::system(line.c_str());
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return read(root() / "output");
  }
  std::string to_out(const std::string& words) {
    return sheet(words + " --out " + out().string());
  }

  // Without the machine's own Chromium.
  std::string path() const {
    for (const char* name : {"mkdir", "touch", "sleep"}) {
      std::error_code there;
      fs::create_symlink(fs::path("/bin") / name, root() / "bin" / name, there);
    }
    return root() / "bin";
  }

  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(out()))
      names.insert(entry.path().filename());
    return names;
  }

  // What is left in the temporary folder: nothing, once the verb has ended.
  std::set<std::string> left() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(tmp()))
      if (!entry.is_directory()) names.insert(entry.path());
    return names;
  }

  FakePlace fake_;
  int code_ = -1;
};

TEST_F(SheetTest, WritesOneFileThatOpensAtTheSheet) {
  EXPECT_EQ(to_out("second_thing"),
            "One sheet: " + (out() / "05_second_thing.html").string() + "\n");
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(files(), UnorderedElementsAre("05_second_thing.html"));
  EXPECT_THAT(read(out() / "05_second_thing.html"),
              AllOf(HasSubstr("drawn();"), HasSubstr(R"("page":"sheet/05")"),
                    HasSubstr("What then?")));
}

TEST_F(SheetTest, TellsWhichHaveNoPictureAndDoesNotBlameALabThatIsNotWritten) {
  fake_.lab("1", "echo '{}'\n");
  EXPECT_THAT(to_out(""), AllOf(HasSubstr("no run was recorded: 1;"),
                                HasSubstr("3 sheets in"), Not(HasSubstr("10;"))));
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(files(), UnorderedElementsAre("01_first.html", "05_second_thing.html",
                                            "10_third.html"));
}

TEST_F(SheetTest, PrintsByABrowserOfItsOwnAndLeavesNothingOfIt) {
  browser(kPrints);
  EXPECT_EQ(to_out("5 --pdf --paper letter"),
            "One sheet: " + (out() / "05_second_thing.pdf").string() + "\n");
  EXPECT_EQ(code_, 0);
  EXPECT_EQ(read(out() / "05_second_thing.pdf"),
            "%PDF-1.4 file://" + (out() / "05_second_thing.html").string() +
                "#/sheet/05?paper=letter");
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(SheetTest, WithoutABrowserTheSheetIsThereAndALineSaysWhatIsMissing) {
  EXPECT_THAT(to_out("5 --pdf"), HasSubstr("there is no Chromium: apt install chromium"));
  EXPECT_EQ(code_, 77);
  EXPECT_THAT(files(), UnorderedElementsAre("05_second_thing.html"));
}

TEST_F(SheetTest, ABrowserThatFailsIsToldAndLeavesTheOldPdf) {
  fake_.write("sheets/05_second_thing.pdf", "old");
  browser("#!/bin/sh\necho 'no room' >&2\nexit 3\n");
  EXPECT_THAT(to_out("5 --pdf"), AllOf(HasSubstr("lab: print file:///"),
                                       HasSubstr("Chromium failed: no room")));
  EXPECT_EQ(code_, 1);
  EXPECT_EQ(read(out() / "05_second_thing.pdf"), "old");
  browser("#!/bin/sh\n");  // ends well, and has printed nothing
  EXPECT_THAT(to_out("5 --pdf"), HasSubstr("Chromium failed"));
  EXPECT_EQ(read(out() / "05_second_thing.pdf"), "old");
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(SheetTest, RemovesWhatAKilledOneHasLeftAndNothingElse) {
  const std::string running =
      ".01_first.html." + std::to_string(getpid()) + ".unfinished";
  for (const std::string& name :
       {std::string(".01_first.html.999999999.unfinished"), running,
        std::string(".notes.unfinished"), std::string("my.999999999.unfinished")})
    fake_.write("sheets/" + name, "half");
  to_out("5");
  EXPECT_THAT(files(),
              UnorderedElementsAre("05_second_thing.html", running, ".notes.unfinished",
                                   "my.999999999.unfinished"));
}

TEST_F(SheetTest, RefusesWhatMakesNoSense) {
  for (const char* words : {"99", "5 nothing", "''", "--paper a4", "5 --pdf --paper a5",
                            "--out", "--out=", "--frobnicate", "-- 5"}) {
    EXPECT_THAT(to_out(words).substr(0, 5), "lab: ") << words;
    EXPECT_EQ(code_, 2) << words;
  }
  EXPECT_FALSE(exists(out()));
  EXPECT_THAT(sheet("5 --out " + (root() / "labs/catalog.json").string()),
              HasSubstr("that is no folder"));
  EXPECT_EQ(code_, 2);
}

TEST_F(SheetTest, AFolderThatCannotBeWrittenIsTold) {
  EXPECT_THAT(sheet("5 --out /proc/sheets"), HasSubstr("lab: make the folder"));
  EXPECT_EQ(code_, 1);
}

TEST_F(SheetTest, CtrlCEndsTheBrowserAndLeavesWholeSheetsOnly) {
  browser("#!/bin/sh\ntrap '' INT\necho $$ > " + (root() / "pid").string() +
          "\nexec /bin/sleep 100\n");
  setenv("UNDERLOOP_WEB", (root() / "web/dist").c_str(), 1);
  setenv("TMPDIR", tmp().c_str(), 1);
  const std::string before = getenv("PATH");
  setenv("PATH", path().c_str(), 1);
  Terminal80 terminal(fake_.place(), root() / "data",
                      {"sheet", "--pdf", "--out", out().string()});
  setenv("PATH", before.c_str(), 1);
  unsetenv("TMPDIR");
  unsetenv("UNDERLOOP_WEB");
  ASSERT_TRUE(terminal.shows("1 of 3: first"));
  int waits = 0;
  while (read(root() / "pid").find('\n') == std::string::npos && ++waits < 1000)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  terminal.type("\x03");
  EXPECT_TRUE(terminal.shows("Stopped: 0 of 3 sheets are written.\n"));
  EXPECT_EQ(terminal.exit_code(), 128 + SIGINT);
  EXPECT_EQ(kill(std::stoi(read(root() / "pid")), 0), -1) << "the browser still runs";
  EXPECT_THAT(files(), UnorderedElementsAre("01_first.html"));
  EXPECT_THAT(left(), IsEmpty());
}

}  // namespace
}  // namespace runner
