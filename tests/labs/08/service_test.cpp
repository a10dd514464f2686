// The service that a supervisor starts: this program plays it. Its port meets garbage.
#include "world/service.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "lab/net/loopback.hpp"
#include "support/own_run.hpp"
#include "world/asking.hpp"

namespace lab08 {
namespace {

using namespace std::chrono_literals;
using std::optional;

// A service as a child of this program.
class Served {
 public:
  explicit Served(OnError on_error) {
    lab::Descriptor listener = lab::loopback::listen();
    port = lab::loopback::port_of(listener);
    const Supervised what =
        service(listener, {.name = "service", .on_error = on_error, .log = log()});
    child_.emplace(lab::Child::role(what.role, what.args,
                                    {.deadline = 30s, .inherit = what.inherit}));
  }
  std::string ask(const std::string& target) const {
    lab::uv::Loop loop;
    return lab08::ask(loop, port, target);
  }
  // The n-th count of its process.
  std::string count() const {
    const std::string answer = ask("/count");
    return answer.substr(answer.find(' ') + 1);
  }
  int exit_code() { return child_->wait().code; }
  std::string log() const { return folder_.path() + "/log"; }

  std::uint16_t port = 0;

 private:
  lab::test::TempFolder folder_;
  optional<lab::Child> child_;
};

TEST(ServiceTest, CountsAndRefusesGarbageWithoutHarm) {
  const Served service(OnError::exit);
  EXPECT_EQ(service.count(), "1");
  EXPECT_EQ(service.ask("/COUNT"), "");
  for (const std::string& bytes :
       {std::string("\n"), std::string(50, '\0') + "\n", std::string(100'000, 'x')}) {
    const lab::Descriptor socket = lab::loopback::socket();
    lab::loopback::connect(socket, service.port);
    static_cast<void>(send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  EXPECT_EQ(service.count(), "2");
}

TEST(ServiceTest, LogsAndExitsWithOne) {
  Served service(OnError::exit);
  EXPECT_EQ(service.ask("/crash"), "lost");
  EXPECT_EQ(service.exit_code(), 1);
  std::string line;
  std::getline(std::ifstream(service.log()) >> std::ws, line);
  EXPECT_THAT(line, testing::HasSubstr("uncaught: the service was told to crash"));
}

TEST(ServiceTest, GoesOnIfItSwallows) {
  const Served service(OnError::go_on);
  service.count();
  EXPECT_EQ(service.ask("/crash"), "lost");
  EXPECT_EQ(service.count(), "2");
}

TEST(ServiceTest, FinishesWhatIsUnderWayBeforeItExits) {
  Served service(OnError::drain);
  Upload one(service.port), two(service.port);
  const lab::Descriptor idle = lab::loopback::socket();
  lab::loopback::connect(idle, service.port);  // asks for nothing: holds up nobody
  service.count();  // it came last: the service has read them all
  service.ask("/crash");
  const timeval patience{5, 0};
  setsockopt(idle.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char byte = 0;
  EXPECT_EQ(recv(idle.get(), &byte, 1, 0), 0);
  EXPECT_EQ(service.ask("/count"), "refused");
  for (Upload* upload : {&one, &two}) upload->send_the_rest();
  EXPECT_EQ(one.result(), "done");
  EXPECT_EQ(two.result(), "done");
  EXPECT_EQ(service.exit_code(), 1);
}

TEST(ServiceTest, ExitsWithoutWhatIsUnderWayIfItDoesNotDrain) {
  Served service(OnError::exit);
  Upload one(service.port);
  service.count();
  service.ask("/crash");
  EXPECT_EQ(service.exit_code(), 1);
  one.send_the_rest();
  EXPECT_EQ(one.result(), "lost");
}

TEST(ServiceTest, RefusesArgumentsThatItDoesNotKnow) {
  EXPECT_EQ(service_main({}), 2);
}

int play(const std::string& role, std::span<const std::string> args) {
  if (role == "service") return service_main(args);
  return 2;
}

}  // namespace
}  // namespace lab08

// A role is this program again: see Child::role.
int main(int argc, char** argv) {
  if (argc > 2 && argv[1] == std::string("--role"))
    return lab08::play(argv[2], std::vector<std::string>(argv + 3, argv + argc));
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
