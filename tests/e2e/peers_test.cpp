// ./lab bench --peers as a person types it: an index of several labs, one lab that cannot be
// compared, and what is left when it is stopped in the middle.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "lab/os/process.hpp"
#include "runner/fake_place.hpp"
#include "support/places.hpp"

namespace runner {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

// A contestant that says what came out; $1 is the count.
std::string contestant(const std::string& name, const std::string& script,
                       const std::string& kind) {
  return R"({"name": ")" + name + R"(", "kind": ")" + kind +
         R"(", "count": 9, "run": ["sh", "-c", ")" + script + R"(", "sh", "{count}"]})";
}

std::string said(const std::string& check) {
  return R"(printf '{\"operations\": %s, \"ns\": 90, \"cpu_ns\": 1, \"check\": \")" +
         check + R"(\"}' $1)";
}

std::string plan(const std::string& lab, const std::string& one, const std::string& two,
                 const std::string& more = "") {
  return R"({"lab": ")" + lab + "\"" + more +
         R"(, "cases": [{"name": "N", "operation": "a call", "unit": "ns",
  "clock": "wall", "check": 1, "contestants": [)" +
         contestant("ours", one, "ours") + "," + contestant("theirs", two, "peer") +
         "]}]}";
}

class PeersVerb : public testing::Test {
 protected:
  PeersVerb() {
    place_.write("labs/01_first/main.cpp", "");
    place_.write("labs/05_second_thing/main.cpp", "");
  }
  lab::Child bench(std::vector<std::string> flags) const {
    std::vector<std::string> words{lab::test::built("runner/underloop"), "bench",
                                   "--peers"};
    words.insert(words.end(), flags.begin(), flags.end());
    return lab::Child::run(words, {.deadline = 60s,
                                   .env = {{"TMPDIR", tmp_.path()},
                                           {"XDG_DATA_HOME", data_.path()},
                                           {"UNDERLOOP_ROOT", place_.place().root},
                                           {"UNDERLOOP_BUILD", place_.place().build}}});
  }
  std::string read(const std::string& name) const {
    std::ifstream file(out_.path() + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool no_folder_is_left() const {
    for (const auto& user : fs::directory_iterator(tmp_.path())) {
      if (!fs::is_empty(user)) return false;
    }
    return true;
  }

  FakePlace place_;
  lab::test::TempFolder tmp_, out_, data_;
};

TEST_F(PeersVerb, AllLabsMakeAnIndexAndOneThatCannotBeComparedStopsNoOther) {
  place_.write("bench/peers/01.json", plan("01", said("x"), said("y")));
  place_.write("bench/peers/05.json", plan("05", said("x"), said("x")));
  lab::Child child = bench({"--all", "--out", out_.path()});
  const lab::Exit& exit = child.wait();
  EXPECT_EQ(exit.code, 1);
  EXPECT_THAT(exit.err, HasSubstr("not the same work: ours got \"x\", theirs \"y\""));
  EXPECT_THAT(exit.out, HasSubstr("no difference"));
  EXPECT_THAT(read("index.html"), HasSubstr("not the same work"));
  EXPECT_THAT(read("index.html"), HasSubstr("peers_05.svg"));
  EXPECT_FALSE(fs::exists(out_.path() + "/peers_01.json"));
  EXPECT_THAT(read("peers_05.json"), HasSubstr("underloop/peers/1"));
  std::ifstream kept(data_.path() + "/underloop/bench/peers_05.json");
  const std::string for_the_studio{std::istreambuf_iterator<char>(kept), {}};
  EXPECT_EQ(for_the_studio, read("peers_05.json"));
  EXPECT_TRUE(no_folder_is_left());
}

TEST_F(PeersVerb, AllAndALabAreTooMuch) {
  lab::Child child = bench({"--all", "5"});
  EXPECT_EQ(child.wait().code, 2);
}

// A contestant that never ends, beside a service.
TEST_F(PeersVerb, StoppedInTheMiddleItLeavesNeitherProcessesNorFolders) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const std::string fifo = out_.path() + "/started" + std::to_string(signal);
    const std::string pids = out_.path() + "/pids";
    const std::string forever =
        "echo $$ >> " + pids + "; echo go > " + fifo + "; exec sleep 600";
    const std::string service =
        R"(, "service": ["sh", "-c", "echo $$ > )" + pids +
        R"(; echo '{}' > \"$1\"; exec sleep 600", "sh", "{offer}"])";
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    place_.write("bench/peers/05.json", plan("05", forever, said("x"), service));
    lab::Child child = bench({"5", "--out", out_.path()});
    std::string go;
    std::ifstream(fifo) >> go;  // waits until the contestant runs
    child.kill(signal);
    EXPECT_EQ(child.wait().code, 128 + signal) << child.wait().err;
    std::ifstream file(pids);
    int seen = 0;
    for (pid_t pid = 0; file >> pid; ++seen) EXPECT_EQ(kill(pid, 0), -1) << pid;
    EXPECT_EQ(seen, 2);
    EXPECT_TRUE(no_folder_is_left());
  }
}

}  // namespace
}  // namespace runner
