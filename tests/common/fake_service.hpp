// fake_service.hpp: a port at which somebody answers, whatever he is asked.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

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
        char bytes[256];
        if (read(peer, bytes, sizeof bytes) > 0) {
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
