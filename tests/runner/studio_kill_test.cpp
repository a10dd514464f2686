// The program ./lab studio, killed at any moment: it leaves no process, and no run is lost.
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>

#include "core/read_text.hpp"
#include "studio_served.hpp"
#include "support/places.hpp"

namespace runner {
namespace {

using testing::HasSubstr;

void wait_until_ended(LabProcess& process) {
  wait_until("the end of the studio", [&] {
    return !process.pump(std::chrono::milliseconds(100), [](std::string_view) {});
  });
}

// The real program, beside us; its labs become our children when it is killed.
class StudioProgram : public Door {
 public:
  explicit StudioProgram(const FakePlace& place) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    options_in(place);  // a page
    const auto root = place.place().root.string();
    const std::vector<std::string> args = {
        "UNDERLOOP_ROOT=" + root,
        "UNDERLOOP_BUILD=" + place.place().build.string(),
        "UNDERLOOP_WEB=" + root + "/web",
        "XDG_DATA_HOME=" + root + "/data",
        lab::test::built("runner/studio"),
        "--port",
        "0"};
    process_ = std::make_unique<LabProcess>("/usr/bin/env", args);
    wait_until("the studio's address", [&] {
      const auto hear = [&](std::string_view line) { read(line); };
      return !process_->pump(std::chrono::milliseconds(100), hear) || port_ != 0;
    });
  }

  const std::string& printed() const { return printed_; }
  LabProcess& process() { return *process_; }

  void kill() {
    process_->send(SIGKILL);
    wait_until_ended(*process_);
  }

 private:
  void read(std::string_view line) {
    printed_.append(line) += '\n';
    const std::size_t at = line.find("http://127.0.0.1:");
    const std::size_t token = line.find("/?token=");
    if (at == line.npos || token == line.npos) return;
    port_ = static_cast<std::uint16_t>(std::stoi(std::string(line.substr(at + 17))));
    token_ = line.substr(token + 8, 32);
  }

  std::unique_ptr<LabProcess> process_;
  std::string printed_{};
};

// What the lab's process, ours now, ended with.
int how_it_ended(pid_t pid) {
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

class StudioKilled : public StudioTest {
 protected:
  std::filesystem::path root() const { return place_.place().root; }
  std::filesystem::path runs() const { return root() / "data" / "underloop" / "runs"; }

  // Tells its number, so many events and half a line, and then waits.
  void lab(int events) const {
    std::string text = "echo $$ > " + (root() / "pid").string() + "\n";
    for (int i = 0; i < events; ++i) text += "echo '" + event(i) + "'\n";
    place_.lab("05", script(text + "printf '{\"half'\nexec sleep 100\n"));
  }
  pid_t pid() const {
    pid_t pid = 0;
    wait_until("the lab's pid", [&] { return !!(std::ifstream(root() / "pid") >> pid); });
    return pid;
  }
};

TEST_F(StudioKilled, PrintsItsAddressWithAToken) {
  StudioProgram studio(place_);
  EXPECT_THAT(studio.printed(), HasSubstr("http://127.0.0.1:"));
  EXPECT_THAT(studio.get("/api/health"), HasSubstr("\"ok\":true"));
  EXPECT_THAT(studio.ask("GET", "/api/health", "Host: " + studio.host() + "\r\n"),
              HasSubstr("401"));
}

TEST_F(StudioKilled, LeavesNoProcessAndLosesNoRun) {
  for (const int events : {0, 1, 3, 50}) {
    lab(events);
    std::filesystem::remove(root() / "pid");
    std::string run;
    pid_t lab_pid = 0;
    {
      StudioProgram studio(place_);
      Browser browser(studio);
      run = browser.run({{"live", true}});
      lab_pid = pid();
      const auto card = [&] {
        const Json all = studio.json("/api/runs");
        for (const Json& one : all["runs"]) {
          if (one["run"] == run) return one;
        }
        return Json();
      };
      wait_until("the lab's events", [&] { return card()["events"] == events; });
      studio.kill();
    }
    EXPECT_EQ(how_it_ended(lab_pid), SIGTERM);
    const RunStore store(runs());
    ASSERT_TRUE(store.find(run)) << events;
    const RunCard& card = *store.find(run);
    EXPECT_EQ(card.events, static_cast<std::size_t>(events));
    EXPECT_THAT(card.why, HasSubstr("its studio ended"));
    const std::string text = read_text(store.events(card)).value_or("none");
    EXPECT_EQ(std::ranges::count(text, '\n'), events);
    EXPECT_TRUE(text.empty() || text.ends_with("}}\n"));
  }
  EXPECT_EQ(RunStore(runs()).size(), 4u) << "those before were kept, too";
}

// While the lab writes as fast as it can: whenever that is, the lines are whole.
TEST_F(StudioKilled, KeepsWholeLinesWheneverItIs) {
  place_.lab("05", script("echo $$ > " + (root() / "pid").string() +
                          "\ni=0\nwhile [ $i -lt 20000 ]; do i=$((i+1)); echo '" +
                          event(7) + "'; done\nexec sleep 100\n"));
  for (int round = 0; round < 5; ++round) {
    std::filesystem::remove(root() / "pid");
    StudioProgram studio(place_);
    Browser browser(studio);
    const std::string run = browser.run({});
    browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
    for (int i = 0; i <= round; ++i) browser.hear("events");
    const pid_t lab_pid = pid();
    studio.kill();
    EXPECT_EQ(how_it_ended(lab_pid), SIGTERM);
    const RunStore store(runs());
    ASSERT_TRUE(store.find(run));
    std::ifstream file(store.events(*store.find(run)));
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line); ++lines) {
      EXPECT_EQ(line, event(7));
    }
    EXPECT_EQ(store.find(run)->events, lines);
    EXPECT_GT(lines, 0u);
  }
}

TEST_F(StudioKilled, EndsWithItsLabsWhenItIsAskedTo) {
  lab(1);
  StudioProgram studio(place_);
  Browser browser(studio);
  const std::string run = browser.run({});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  browser.hear("events");
  const pid_t lab_pid = pid();
  studio.process().send(SIGTERM);
  wait_until_ended(studio.process());
  EXPECT_EQ(studio.process().exit_code(), 0);
  EXPECT_EQ(kill(lab_pid, 0), -1) << "it was ended, and its end was heard";
  const RunStore store(runs());
  EXPECT_EQ(store.find(run)->why, "its studio ended");
  EXPECT_EQ(store.find(run)->exit, 128 + SIGTERM);
}

TEST_F(StudioKilled, SaysWhatToInstallWithoutAPage) {
  const std::vector<std::string> args = {
      "UNDERLOOP_WEB=/nowhere", lab::test::built("runner/studio"), "--port", "0"};
  LabProcess process("/usr/bin/env", args);
  wait_until_ended(process);
  EXPECT_EQ(process.exit_code(), 77);
  EXPECT_THAT(process.errors(), HasSubstr("apt install nodejs npm"));
}

}  // namespace
}  // namespace runner
