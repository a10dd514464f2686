// http_load.hpp: so many requests over so many kept connections, by one thread; the same
// client for every server.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "served.hpp"

namespace peers {

class HttpLoad {
 public:
  // A connection is kept for all requests, or there is a new one for each.
  enum class Connections { kept, fresh };

  HttpLoad(std::uint16_t port, int connections, std::string_view target,
           Connections how = Connections::kept,
           std::string (*told)(const std::string&) = as_it_is)
      : port_(port),
        how_(how),
        told_(told),
        request_(
            fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", target, port)),
        epoll_(static_cast<int>(
            lab::check_errno(epoll_create1(EPOLL_CLOEXEC), "make an epoll"))) {
    lines_.resize(static_cast<std::size_t>(connections));
    for (Line& line : lines_) connect(line);
  }
  HttpLoad(const HttpLoad&) = delete;
  ~HttpLoad() {
    for (const Line& line : lines_) close(line.fd);
    close(epoll_);
  }

  // Answers "1000 of 200 hello": how many, and each different answer once.
  std::string ask(std::int64_t count) {
    std::int64_t left_to_send = count, left = count;
    std::set<std::string> answers;
    for (Line& line : lines_) {
      if (left_to_send > 0) send_on(line), --left_to_send;
    }
    while (left > 0) {
      std::array<epoll_event, 64> events{};
      const int ready = epoll_wait(epoll_, events.data(), events.size(), 20'000);
      if (ready <= 0) throw lab::Error("ask the server", "no answer in 20 s");
      for (int i = 0; i < ready; ++i) {
        Line& line = lines_[events[static_cast<std::size_t>(i)].data.u32];
        if (!take(line, answers)) continue;
        --left;
        if (how_ == Connections::fresh) {
          close(line.fd);
          connect(line);
        }
        if (left_to_send > 0) send_on(line), --left_to_send;
      }
    }
    std::string all;
    for (const std::string& answer : answers) all += (all.empty() ? "" : ", ") + answer;
    return fmt::format("{} of {}", count, all);
  }

 private:
  struct Line {
    int fd = -1;
    std::string got{};
  };

  static std::string as_it_is(const std::string& answer) { return answer; }

  void connect(Line& line) {
    line.fd = connect_to(port_);
    if (how_ == Connections::fresh) {
      // Ended by a reset: thousands in TIME_WAIT would use up the ports.
      const linger none{.l_onoff = 1, .l_linger = 0};
      setsockopt(line.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    }
    const auto index = static_cast<std::uint32_t>(&line - lines_.data());
    epoll_event event{.events = EPOLLIN, .data = {.u32 = index}};
    lab::check_errno(epoll_ctl(epoll_, EPOLL_CTL_ADD, line.fd, &event), "watch it");
  }

  static int connect_to(std::uint16_t port) {
    const int fd = static_cast<int>(lab::check_errno(
        socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "make a socket"));
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    lab::check_errno(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to),
                     "connect to the server");
    return fd;
  }

  void send_on(const Line& line) const {
    const auto sent = send(line.fd, request_.data(), request_.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request_.size())) {
      throw lab::Error("ask the server", "it has closed the connection");
    }
  }

  // True once an answer is whole: its head, and as many bytes as the head says.
  bool take(Line& line, std::set<std::string>& answers) const {
    std::array<char, 8192> bytes;
    const ssize_t size = recv(line.fd, bytes.data(), bytes.size(), 0);
    if (size <= 0) throw lab::Error("ask the server", "it has closed the connection");
    line.got.append(bytes.data(), static_cast<std::size_t>(size));
    const std::size_t head = line.got.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const std::size_t body = body_size(std::string_view(line.got).substr(0, head));
    if (line.got.size() < head + 4 + body) return false;
    const std::string_view all = line.got;
    std::string answer =
        told_(fmt::format("{} {}", all.substr(9, 3), all.substr(head + 4, body)));
    if (!answers.contains(answer)) answers.insert(std::move(answer));
    line.got.clear();
    return true;
  }

  static std::size_t body_size(std::string_view head) {
    constexpr std::string_view kName = "content-length: ";
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    const auto* found =
        std::search(head.begin(), head.end(), kName.begin(), kName.end(), same);
    if (found == head.end())
      throw lab::Error("ask the server", "an answer without a length");
    std::size_t size = 0;
    std::from_chars(found + kName.size(), head.end(), size);
    return size;
  }

  const std::uint16_t port_;
  const Connections how_;
  std::string (*told_)(const std::string&);  // what of an answer is compared
  const std::string request_;
  const int epoll_;
  std::vector<Line> lines_;
};

}  // namespace peers
