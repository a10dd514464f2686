// raw_http.hpp: a TCP connection that says to an HTTP server exactly what it is told to.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "lab/net/loopback.hpp"

namespace lab::http {

class Raw {
 public:
  explicit Raw(std::uint16_t port) { loopback::connect(socket_, port); }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent =
          ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the server has had enough
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void end_of_input() { shutdown(socket_.get(), SHUT_WR); }

  // Everything until the server closes; fails the test after ten seconds.
  std::string rest() {
    while (read_some(10'000)) {
    }
    EXPECT_TRUE(ended_) << "the server did not close";
    return read_;
  }

  // Everything so far, at least until `part` is in it.
  std::string until(std::string_view part) {
    while (read_.find(part) == std::string::npos && read_some(10'000)) {
    }
    EXPECT_NE(read_.find(part), std::string::npos) << "read: " << read_;
    return read_;
  }

  // What has come by now, without waiting.
  const std::string& now() {
    while (read_some(0)) {
    }
    return read_;
  }
  bool ended() const { return ended_; }

 private:
  bool read_some(int patience) {
    pollfd source{socket_.get(), POLLIN, 0};
    if (ended_ || poll(&source, 1, patience) <= 0) return false;
    char bytes[4096];
    const ssize_t size = recv(socket_.get(), bytes, sizeof bytes, 0);
    ended_ = size <= 0;
    if (size > 0) read_.append(bytes, static_cast<std::size_t>(size));
    return !ended_;
  }

  Descriptor socket_ = loopback::socket();
  std::string read_;
  bool ended_ = false;
};

}  // namespace lab::http
