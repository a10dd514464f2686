// Lab 29 beside Node: SIGTERM while a request is under way, and what becomes of both. This
// program plays the app.
#include <sys/socket.h>

#include "lab/net/loopback.hpp"
#include "support/played.hpp"
#include "world/app.hpp"

namespace {

using namespace lab::test;

// The kernel has taken connection and request before the signal comes.
std::string terminated(std::string_view way) {
  lab29::App app({.on_sigterm = way});
  const auto ask = [&] {
    lab::Descriptor socket = lab::loopback::socket();
    lab::loopback::connect(socket, app.port());
    constexpr std::string_view kRequest =
        "GET /work HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    static_cast<void>(send(socket.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL));
    return socket;
  };
  const auto answer = [](const lab::Descriptor& socket) {
    char byte = 0;
    return recv(socket.get(), &byte, 1, 0) == 1 ? "reply" : "lost";
  };
  answer(ask());  // it runs
  const lab::Descriptor socket = ask();
  app.process().kill(SIGTERM);
  const lab::Exit& exit = app.process().wait();
  return std::string(answer(socket)) +
         (exit.signal ? ", SIG" + std::string(sigabbrev_np(exit.signal))
                      : ", exit " + std::to_string(exit.code));
}

using DeploymentBesideNode = BesideNode;

TEST_F(DeploymentBesideNode, ShutsDownAlike) {
  const Rows node = twin("29_deployment");
  Rows lab;
  for (const char* way : {"nothing", "exit", "drain"}) lab[way] = terminated(way);
  EXPECT_EQ(lab, node);
  EXPECT_EQ(lab.at("drain"), "reply, exit 0");
}

}  // namespace

// A role is this program again: see Child::role.
int main(int argc, char** argv) {
  if (argc > 2 && argv[1] == std::string("--role")) return lab29::app_main({});
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
