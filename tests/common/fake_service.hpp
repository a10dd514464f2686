// fake_service.hpp: a port at which somebody answers, whatever it is asked; and a port that
// is a door to a real service on a unix socket.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>
#include <utility>

// Answers every connection with the same bytes, and closes it.
class FakeService {
 public:
  explicit FakeService(std::string says)
      : says_(std::move(says)), fd_(bound()), port_(port_of(fd_)) {
    EXPECT_EQ(listen(fd_, 8), 0);
    thread_ = std::jthread([this] {
      for (int peer; (peer = accept(fd_, nullptr, nullptr)) >= 0; close(peer)) {
        const timeval most{.tv_sec = 10, .tv_usec = 0};
        setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
        char bytes[256];
        const ssize_t got = read(peer, bytes, sizeof bytes);
        EXPECT_TRUE(got >= 0 || errno != EAGAIN) << "it was asked nothing for 10 s";
        if (got > 0) {
          EXPECT_EQ(send(peer, says_.data(), says_.size(), MSG_NOSIGNAL),
                    static_cast<ssize_t>(says_.size()));
        }
      }
    });
  }
  FakeService(const FakeService&) = delete;
  FakeService& operator=(const FakeService&) = delete;
  ~FakeService() {
    shutdown(fd_, SHUT_RDWR);  // accept() returns
    thread_.join();
    close(fd_);
    close(refusing_);
  }

  std::string place() const { return "127.0.0.1:" + std::to_string(port_); }

  // A port that is taken, and at which nobody listens.
  std::string refusing_place() const {
    return "127.0.0.1:" + std::to_string(port_of(refusing_));
  }

 private:
  static int bound() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  static int port_of(int fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    return ntohs(address.sin_port);
  }

  std::string says_;
  int fd_;
  int port_;
  int refusing_ = bound();
  std::jthread thread_;
};

// Hands what comes in at its port to a unix socket, and back, one connection after another.
// It never ends a connection by itself.
class TcpDoor {
 public:
  explicit TcpDoor(std::string socket_path) : path_(std::move(socket_path)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] {
      for (int peer; (peer = accept(fd_, nullptr, nullptr)) >= 0; close(peer))
        relay(peer);
    });
  }
  TcpDoor(const TcpDoor&) = delete;
  TcpDoor& operator=(const TcpDoor&) = delete;
  ~TcpDoor() {
    shutdown(fd_, SHUT_RDWR);  // accept() returns, and so does poll()
    thread_.join();
    close(fd_);
  }

  std::string place() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void relay(int peer) const {
    const int inner = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(connect(inner, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    pollfd ends[] = {{peer, POLLIN, 0}, {inner, POLLIN, 0}, {fd_, 0, 0}};
    bool both = true;
    while (both && poll(ends, 3, -1) > 0 && !ends[2].revents) {
      if (ends[0].revents) both = both && pass(peer, inner);
      if (ends[1].revents) both = both && pass(inner, peer);
    }
    close(inner);
  }
  static bool pass(int from, int to) {
    char bytes[4096];
    const ssize_t got = read(from, bytes, sizeof bytes);
    return got > 0 && send(to, bytes, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
  }

  std::string path_;
  int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  std::jthread thread_;
};
