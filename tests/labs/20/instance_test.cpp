// A process of the service, as a client meets it.
#include "world/instance.hpp"

#include <gmock/gmock.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lab/net/http.hpp"
#include "lab/net/loopback.hpp"
#include "world/clients.hpp"

namespace lab20 {
namespace {

class InstanceTest : public testing::Test {
 protected:
  InstanceTest() {
    const lab::Descriptor listener = lab::loopback::listen();
    port_ = lab::loopback::port_of(listener);
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::string args[] = {std::to_string(listener.get()),
                                "server",
                                testing::TempDir(),
                                "",
                                "5242880",
                                "1000"};
    _exit(instance_main(args));
  }
  ~InstanceTest() override {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
};

// What follows the last boundary is more than one read brings, so it comes in a later piece.
TEST_F(InstanceTest, TakesAnEmptyFileIntoMemory) {
  auto request = form("/memory", part("file", "", "empty.txt", "text/plain"));
  request.body += std::string(1 << 20, '\n');
  lab::http::Client client("127.0.0.1", port_);
  const auto result = client.request(request, std::chrono::seconds(10));
  const auto* response = std::get_if<lab::http::Response>(&result);
  ASSERT_TRUE(response) << "no reply came";
  EXPECT_EQ(response->status, 201);
}

}  // namespace
}  // namespace lab20
