#include "lab/net/raw_peer.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/time.h>

#include <array>
#include <utility>

#include "lab/core/error.hpp"

namespace lab::websocket {

namespace {

constexpr std::array<char, 4> kMask{0x12, 0x34, 0x56, 0x78};

void append_length(std::string& frame, std::uint64_t length, std::uint8_t mask_bit) {
  const int bytes = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const auto first = bytes == 0 ? length : bytes == 2 ? 126 : 127;
  frame += static_cast<char>(mask_bit | first);
  for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>(length >> (8 * i));
}

std::uint64_t number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

std::string frame(std::uint8_t opcode, std::string_view payload, Mask mask, bool last,
                  std::optional<std::uint64_t> declared) {
  std::string bytes(1, static_cast<char>((last ? 0x80 : 0) | opcode));
  append_length(bytes, declared.value_or(payload.size()), mask == Mask::yes ? 0x80 : 0);
  if (mask == Mask::no) return bytes.append(payload);
  bytes.append(kMask.data(), kMask.size());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    bytes += static_cast<char>(payload[i] ^ kMask[i % kMask.size()]);
  }
  return bytes;
}

std::uint16_t Frame::close_code() const {
  if (opcode != kClose || payload.size() < 2) return 0;
  return static_cast<std::uint16_t>(number(std::string_view(payload).substr(0, 2)));
}

RawPeer::RawPeer(std::uint16_t port, std::chrono::seconds patience) {
  const timeval most{.tv_sec = patience.count(), .tv_usec = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
  loopback::connect(socket_, port);
}

bool RawPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string RawPeer::shake_hands(const std::string& target, const std::string& headers) {
  // The key and its answer are those of RFC 6455, 1.3.
  send("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n" +
       "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
       "Sec-WebSocket-Version: 13\r\n" + headers + "\r\n");
  return read_head();
}

std::optional<std::string> RawPeer::read_bytes() {
  if (unread_.empty() && !fill(1)) return std::nullopt;
  return std::exchange(unread_, {});
}

std::string RawPeer::read_head() {
  std::size_t end = 0;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill(unread_.size() + 1)) return std::exchange(unread_, {});
  }
  std::string head = unread_.substr(0, end + 4);
  unread_.erase(0, end + 4);
  return head;
}

bool RawPeer::hears_within(std::chrono::milliseconds time) {
  pollfd source{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  return !unread_.empty() || poll(&source, 1, static_cast<int>(time.count())) > 0;
}

std::optional<Frame> RawPeer::read_frame() {
  if (!fill(2)) return std::nullopt;
  const auto first = static_cast<unsigned char>(unread_[0]);
  const auto second = static_cast<unsigned char>(unread_[1]);
  const std::size_t extra = second < 126 ? 0 : second == 126 ? 2 : 8;
  if (!fill(2 + extra)) return std::nullopt;
  const std::size_t size = extra ? number(unread_.substr(2, extra)) : second;
  const std::size_t whole = 2 + extra + size;
  if (!fill(whole)) return std::nullopt;
  Frame result{static_cast<std::uint8_t>(first & 15), unread_.substr(2 + extra, size),
               whole};
  unread_.erase(0, whole);
  return result;
}

std::uint16_t RawPeer::read_close_code() {
  while (const auto frame = read_frame()) {
    if (frame->opcode == kClose) return frame->close_code();
  }
  return 0;
}

bool RawPeer::fill(std::size_t bytes) {
  std::array<char, 4096> piece;
  while (unread_.size() < bytes) {
    const ssize_t got = recv(socket_.get(), piece.data(), piece.size(), 0);
    if (got <= 0) return false;
    unread_.append(piece.data(), static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace lab::websocket
