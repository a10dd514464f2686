#include "world/browser.hpp"

#include <fmt/format.h>
#include <poll.h>

#include "lab/core/trace.hpp"
#include "lab/net/loopback.hpp"

namespace lab20 {

namespace {

class Browser {
 public:
  explicit Browser(std::uint16_t port) { lab::loopback::connect(socket_, port); }

  // False once there is a reply, the server has gone, or `limit` bytes are sent in all.
  bool send(std::string_view bytes, std::uint64_t limit) {
    while (!bytes.empty() && sent_ < limit) {
      pollfd ready{socket_.get(), POLLIN | POLLOUT, 0};
      poll(&ready, 1, 10'000);
      const auto size = std::min<std::uint64_t>(bytes.size(), limit - sent_);
      const auto taken =
          ready.revents & POLLIN
              ? -1
              : ::send(socket_.get(), bytes.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (taken < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(taken));
      sent_ += static_cast<std::uint64_t>(taken);
    }
    return sent_ < limit;
  }

  Reply reply() const {
    std::string text;
    char piece[16 << 10];
    for (ssize_t size; (size = recv(socket_.get(), piece, sizeof piece, 0)) > 0;)
      text.append(piece, static_cast<std::size_t>(size));
    if (!text.starts_with("HTTP/1.1 ")) return {.sent = sent_};
    return {std::stoi(text.substr(9)), text.substr(text.find("\r\n\r\n") + 4), sent_};
  }

 private:
  lab::Descriptor socket_ = lab::loopback::socket();
  std::uint64_t sent_ = 0;
};

std::string head_of(const char* method, const std::string& target, std::uint64_t length) {
  const auto flow = lab::trace::flow_out(target, {.lane = "client"});
  return fmt::format(
      "{} {} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\nX-Flow: {}\r\nContent-Length: {}\r\n"
      "Content-Type: multipart/form-data; boundary=lab20\r\n\r\n",
      method, target, flow, length);
}

}  // namespace

std::string part(const std::string& name, const std::string& content,
                 const std::string& file_name, const std::string& type) {
  const std::string file =
      file_name.empty()
          ? ""
          : fmt::format("; filename=\"{}\"\r\nContent-Type: {}", file_name, type);
  return fmt::format(
      "\r\n--lab20\r\nContent-Disposition: form-data; name=\"{}\"{}\r\n\r\n{}", name,
      file, content);
}

Reply post(std::uint16_t port, const std::string& target, const std::string& parts,
           std::uint64_t more, std::uint64_t cut) {
  static const std::string kMore(64 << 10, 'x'), kEnd = "\r\n--lab20--\r\n";
  Browser browser(port);
  bool on = browser.send(
      head_of("POST", target, parts.size() + more + kEnd.size()) + parts, cut);
  for (; on && more > 0; more -= std::min<std::uint64_t>(more, kMore.size()))
    on = browser.send(std::string_view(kMore).substr(0, more), cut);
  if (on) on = browser.send(kEnd, cut);
  return on || cut == UINT64_MAX ? browser.reply() : Reply{};
}

Reply get(std::uint16_t port, const std::string& target) {
  Browser browser(port);
  browser.send(head_of("GET", target, 0), UINT64_MAX);
  return browser.reply();
}

}  // namespace lab20
