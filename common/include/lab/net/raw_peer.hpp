// raw_peer.hpp: a TCP connection that says whatever it likes, byte for byte.
//
// No WebSocket library would send what this must: broken frames, half a handshake.
//
// Threads   Blocks its caller, for at most its patience at a time.
// Source    RFC 6455, 5.2 (frames) and 5.5.1 (the code in a close frame).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lab/net/loopback.hpp"

namespace lab::websocket {

enum class Mask : std::uint8_t { yes, no };  // a client's frames must be masked

inline constexpr std::uint8_t kText = 1;
inline constexpr std::uint8_t kClose = 8;
inline constexpr std::uint8_t kPing = 9;

// A frame as it stands on the wire. `declared`: the length that it claims to have.
std::string frame(std::uint8_t opcode, std::string_view payload, Mask mask = Mask::yes,
                  bool last = true, std::optional<std::uint64_t> declared = {});

struct Frame {
  std::uint8_t opcode = 0;
  std::string payload{};
  std::size_t wire_bytes = 0;

  std::uint16_t close_code() const;  // 0 if it is no close frame, or carries none
};

class RawPeer {
 public:
  explicit RawPeer(std::uint16_t port,
                   std::chrono::seconds patience = std::chrono::seconds(5));

  bool send(std::string_view bytes);  // false if the other end has gone

  // Asks for a WebSocket; answers the head of the answer.
  std::string shake_hands(const std::string& target = "/echo",
                          const std::string& headers = "");
  std::string read_head();
  std::optional<std::string> read_bytes();  // some that come next; nothing: the end

  // Waits at most so long for something to read; the end counts.
  [[nodiscard]] bool hears_within(std::chrono::milliseconds time);

  std::optional<Frame> read_frame();  // nothing: the end of the connection

  // Reads on until a close frame; 0 if the connection ended without one.
  std::uint16_t read_close_code();

 private:
  bool fill(std::size_t bytes);

  Descriptor socket_ = loopback::socket();
  std::string unread_;
};

}  // namespace lab::websocket
