// websocket.hpp: WebSocket over loopback, both ends, on one loop.
//
//   Loop -- Server -- Socket <--> Session      the Socket is ours, the Session yours
//       \-- connect() Socket <--> Session
//
// Lifetime  A Session lives until on_close() has returned, which comes once, last, also
//           when the connection never opened; or until its Server or its Loop goes, and
//           then nobody calls it any more. A Socket outlives its connection: then its
//           calls do nothing. A Loop outlives its Servers.
// Threads   None: a Loop and all that is on it belong to one thread.
// Errors    What a peer does wrong ends that peer's connection with RFC 6455's code for
//           it, and nothing else. A port that cannot be had throws lab::Error. To close
//           with a code that never travels, or with more than 123 bytes of reason, throws
//           std::invalid_argument.
// Limits    Message 64 KiB, 2 s for a handshake, 5 s for a message to arrive whole, 30 s
//           of silence: each is an option. Text messages only. No TLS, no compression.
// Surprise  Beast repeats a peer's close code from 5000 on, and answers a reason that is no
//           UTF-8 with 1002; Node's ws says 1002 and 1007.
// Source    RFC 6455, as Boost.Beast implements it (compiled in src/ only: a file that
//           includes it takes most of a minute).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lab::websocket {

// Shared, so that one encoded message may wait for a thousand peers.
using Text = std::shared_ptr<const std::string>;

// RFC 6455, 7.4.1. From 4000 on they are an application's own.
namespace code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t unsupported = 1003;
inline constexpr std::uint16_t lost = 1006;  // never sent: no close frame came
inline constexpr std::uint16_t bad_payload = 1007;
inline constexpr std::uint16_t policy = 1008;
inline constexpr std::uint16_t too_big = 1009;
inline constexpr std::uint16_t try_later = 1013;  // registered after the RFC
}  // namespace code

struct Close {
  std::uint16_t code = code::lost;
  std::string reason{};
};

struct Options {
  std::string address = "127.0.0.1";  // where a server listens
  std::size_t message_limit = 64 << 10;
  std::size_t header_limit = 8 << 10;
  std::chrono::milliseconds handshake_time{2'000};
  std::chrono::milliseconds message_time{5'000};  // from its first byte to its last
  std::chrono::milliseconds idle_time{30'000};    // half of it passed: a ping is sent
  std::chrono::milliseconds close_time{1'000};    // for the peer to answer a close
  int send_buffer = 0;                            // bytes in the kernel; 0: its default
  int receive_buffer = 0;
};

class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // Waits at most so long for something to happen, and then does all that is ready.
  void turn(std::chrono::milliseconds at_most);

  // Turns until `done` says so; false if it did not within the deadline.
  [[nodiscard]] bool run_until(const std::function<bool()>& done,
                               std::chrono::milliseconds deadline);

  void after(std::chrono::milliseconds delay, std::function<void()> call);

  // Ends the wait of a turn when the descriptor becomes readable: so that another event
  // library's loop can be run by the same thread. REQUIRES: fd outlives the Loop.
  void wake_on(int fd);

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// One end of a connection.
class Socket {
 public:
  virtual ~Socket() = default;

  // Behind what waits already. Nothing bounds that but the caller: see waiting().
  virtual void write(Text text) = 0;

  // Bytes that the kernel has not taken yet: `bufferedAmount` in a browser and in Node.
  virtual std::size_t waiting() const = 0;

  // Says goodbye, behind the message that is being written; those behind it are dropped,
  // and so is a peer that does not answer in time.
  virtual void close(std::uint16_t code, std::string reason = {}) = 0;

  virtual void drop() = 0;  // without a goodbye

  // While true, nothing is read or heard, and the kernel slows the peer down. Only the
  // read that is under way may still end; what it brings is heard after the pause.
  virtual void pause(bool pause) = 0;

  virtual bool open() const = 0;
};

using Peer = std::shared_ptr<Socket>;

// What happens to a connection. Calls come from the loop, one after another.
class Session {
 public:
  virtual ~Session() = default;
  virtual void on_open() {}
  virtual void on_text(std::string_view text) = 0;  // valid during the call
  virtual void on_drained() {}                      // nothing waits any more
  virtual void on_close(const Close&) {}
};

struct Page {
  int status = 404;
  std::string body{};
  std::string content_type = "text/plain";
  std::vector<std::pair<std::string, std::string>> headers{};
};

// What a gatekeeper looks at; a header that did not come, or came twice, is empty.
struct Request {
  std::string method{};
  std::string target{};
  std::string host{};
  std::string origin{};
  std::string cookie{};
  std::string accept_encoding{};
  bool upgrade = false;  // asks for a WebSocket
};

class Server {
 public:
  // Answers the session of a new connection to this target; nullptr: 404.
  using Welcome =
      std::function<std::shared_ptr<Session>(const Peer&, const std::string&)>;
  // Answers a request that does not ask for a WebSocket.
  using Pages = std::function<Page(const std::string& target)>;

  // Sees every request first. Its page is the answer; nothing: the request goes on.
  using Gate = std::function<std::optional<Page>(const Request&)>;

  Server(Loop& loop, Welcome welcome, Options options = {}, Pages pages = {},
         std::uint16_t port = 0, Gate gate = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();  // drops its connections

  std::uint16_t port() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Connects, later, to 127.0.0.1. `session` hears how it went.
Peer connect(Loop& loop, std::uint16_t port, const std::string& target,
             std::shared_ptr<Session> session, Options options = {});

}  // namespace lab::websocket
