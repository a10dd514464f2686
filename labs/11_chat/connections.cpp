// connections.cpp: what a WebSocket is, and how many one thread can serve.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "lab/proc.hpp"
#include "lab/raw_peer.hpp"
#include "scenes.hpp"
#include "world.hpp"

namespace lab11 {

using namespace std::chrono_literals;
using lab::websocket::Close;
using lab::websocket::frame;
using lab::websocket::kText;
using lab::websocket::Loop;
using lab::websocket::Mask;
using lab::websocket::Peer;
using lab::websocket::RawPeer;
using lab::websocket::Session;

namespace {

// One end that talks by the clock, whatever the other end does; and what came, in order.
class Talker : public Session {
 public:
  // `at_once` messages a beat; one that waits says one for each that came.
  Talker(Loop& loop, std::string& directions, char direction, int messages, int at_once,
         bool waits)
      : loop_(loop),
        directions_(directions),
        direction_(direction),
        left_(messages),
        at_once_(at_once),
        waits_(waits) {}

  void use(Peer peer) { peer_ = std::move(peer); }
  void on_open() override {
    if (!waits_ || direction_ == '>') talk();
  }
  void on_text(std::string_view) override {
    ++received;
    directions_ += direction_ == '>' ? '<' : '>';
    if (waits_) talk();
  }

  int received = 0;

 private:
  void talk() {
    if (left_ == 0 || !peer_->open()) return;
    for (int i = 0; i < at_once_ && left_ > 0; ++i, --left_) {
      peer_->write(std::make_shared<const std::string>("hi"));
    }
    if (!waits_) loop_.after(1ms, [this] { talk(); });
  }

  Loop& loop_;
  Peer peer_;
  std::string& directions_;
  char direction_;
  int left_, at_once_;
  bool waits_;
};

struct Talk {
  int received_up = 0, received_down = 0;
  int unasked = 0;  // came down though nothing had gone up since the last
};

// Each end says `messages`; where nobody waits, the server says twice as many.
Talk talk(int messages, bool waits) {
  const int down = waits ? messages : 2 * messages;
  std::string directions;
  std::shared_ptr<Talker> server_end, client_end;
  Loop loop;
  lab::websocket::Server server(loop, [&](const Peer& peer, const std::string&) {
    server_end =
        std::make_shared<Talker>(loop, directions, '<', down, waits ? 1 : 2, waits);
    server_end->use(peer);
    return server_end;
  });
  client_end = std::make_shared<Talker>(loop, directions, '>', messages, 1, waits);
  client_end->use(connect(loop, server.port(), "/", client_end));
  const bool all = loop.run_until(
      [&] {
        return server_end && server_end->received == messages &&
               client_end->received == down;
      },
      10s);
  Talk result;
  if (!all) return result;
  result = {server_end->received, client_end->received};
  for (std::size_t i = 1; i < directions.size(); ++i) {
    result.unasked += directions[i] == '<' && directions[i - 1] == '<';
  }
  return result;
}

}  // namespace

void duplex(Story& story) {
  const int messages = story.quick() ? 100 : 300;
  const Process server = Process::server();
  RawPeer raw(server.port());
  const std::string head = raw.shake_hands("/chat");
  const std::string status = head.substr(0, head.find('\r'));
  const std::string hi = frame(kText, "hi");
  raw.send(frame(kText, R"({"do":"hello","user":"ann"})"));
  const auto answer = raw.read_frame();
  const std::size_t over = answer ? answer->wire_bytes - answer->payload.size() : 0;
  story.say("It begins as HTTP: \"{}\". From there on \"hi\" is {} bytes up, {} down.",
            status, hi.size(), 2 + over);

  const Talk both = talk(messages, false);
  const Talk control = talk(messages, true);
  story.claim("11.1", "WebSocket gives full-duplex messaging",
              status.find(" 101 ") != std::string::npos && both.received_up == messages &&
                  both.received_down == 2 * messages && both.unasked >= messages / 2 &&
                  hi.size() == 8 && over == 2,
              "{} up and {} down on one connection, each end by its own clock: {} came "
              "down though nothing had gone up since the one before",
              both.received_up, both.received_down, both.unasked);
  story.claim("11.1", "WebSocket gives full-duplex messaging",
              control.received_down == messages && control.unasked == 0,
              "control, request and answer: {} answers, {} messages that nobody had "
              "asked for",
              control.received_down, control.unasked);
}

namespace {

// A server's end of engine.io 4 with socket.io 5 inside, as far as a greeting goes: a
// message is a packet whose first digits say what it is.
class EngineIo : public Session {
 public:
  explicit EngineIo(Peer peer) : peer_(std::move(peer)) {}
  void on_open() override {
    write(R"(0{"sid":"a1","upgrades":[],"pingInterval":25000,"pingTimeout":20000})");
  }
  void on_text(std::string_view packet) override {
    if (packet.starts_with("40")) return write(R"(40{"sid":"b2"})");
    if (packet.starts_with("42")) return write(std::string(packet));
    peer_->close(lab::websocket::code::normal, "parse error");
  }

 private:
  void write(std::string text) {
    peer_->write(std::make_shared<const std::string>(std::move(text)));
  }
  Peer peer_;
};

// Says its lines one by one, each when something has come, and keeps what came.
class Speaker : public Session {
 public:
  explicit Speaker(std::vector<std::string> lines) : lines_(std::move(lines)) {}
  void use(Peer peer) { peer_ = std::move(peer); }
  void on_open() override { opened = true; }
  void on_text(std::string_view text) override {
    heard.emplace_back(text);
    if (next_ == lines_.size()) return peer_->close(lab::websocket::code::normal);
    peer_->write(std::make_shared<const std::string>(lines_[next_++]));
  }
  void on_close(const Close&) override { closed = true; }

  bool opened = false, closed = false;
  std::vector<std::string> heard{};

 private:
  Peer peer_;
  std::vector<std::string> lines_;
  std::size_t next_ = 0;
};

constexpr const char* kEndpoint = "/socket.io/?EIO=4&transport=websocket";

std::shared_ptr<Speaker> speak(Loop& loop, std::uint16_t port, const std::string& target,
                               std::vector<std::string> lines) {
  auto speaker = std::make_shared<Speaker>(std::move(lines));
  speaker->use(connect(loop, port, target, speaker));
  (void)loop.run_until([&] { return speaker->closed; }, 5s);
  return speaker;
}

}  // namespace

void protocols(Story& story) {
  Loop loop;
  const lab::websocket::Server server(
      loop, [](const Peer& peer, const std::string& target) -> std::shared_ptr<Session> {
        return target == kEndpoint ? std::make_shared<EngineIo>(peer) : nullptr;
      });
  const auto at_root = speak(loop, server.port(), "/", {"hello"});
  const auto plain = speak(loop, server.port(), kEndpoint, {"hello"});
  const auto spoken =
      speak(loop, server.port(), kEndpoint, {"40", R"(42["chat","hello"])"});

  const bool plain_failed =
      !at_root->opened && plain->heard.size() == 1 && plain->heard[0].starts_with("0{");
  const bool spoken_works =
      spoken->heard.size() == 3 && spoken->heard[2] == R"(42["chat","hello"])";
  story.claim(
      "11.2", "socket.io is not WebSocket: a plain client gets nowhere",
      plain_failed && spoken_works,
      "a plain client at / got no upgrade; at the endpoint it got {} packet "
      "(\"0{{...\"), and no answer to its hello; one that says 40 and 42[...] got "
      "its message back",
      plain->heard.size());
  story.nuance("11.2",
               "ws is WebSocket, and any client will do. socket.io is a protocol of its "
               "own on top (and begins with polling, so it needs sticky sessions): its "
               "server wants its client. The endpoint here is a model of it that "
               "speaks as much as a greeting needs");
}

namespace {

class Counter : public Session {
 public:
  explicit Counter(int& opened) : opened_(opened) {}
  void on_open() override { ++opened_; }
  void on_text(std::string_view) override {}

 private:
  int& opened_;
};

// The control: the same, but for each connection a thread that waits for it.
int threads_for(int connections) {
  const Process server = Process::with_threads();
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < connections; ++i) {
    peers.push_back(std::make_unique<RawPeer>(server.port()));
    peers.back()->send(frame(kText, "", Mask::no));
    (void)peers.back()->read_frame();  // its thread is there, and has answered
  }
  return server.threads();
}

}  // namespace

void many(Story& story, const Dials& dials) {
  allow_many_descriptors();
  const int connections =
      story.quick() ? std::min(*dials.connections, 1000) : *dials.connections;
  const Process server = Process::server();
  int opened = 0;
  Loop loop;
  std::vector<Peer> peers;
  const auto open_until = [&](int count) {
    while (std::ssize(peers) < count) {  // a few at a time: the backlog is finite
      peers.push_back(
          connect(loop, server.port(), "/chat", std::make_shared<Counter>(opened)));
      if (!loop.run_until([&] { return opened > std::ssize(peers) - 64; }, 10s)) return;
    }
    (void)loop.run_until([&] { return opened == count; }, 20s);
  };
  // The first ones also touch code and heap that all others share.
  const int first = connections / 2;
  open_until(first);
  const std::size_t before = lab::resident_bytes(server.pid());
  open_until(connections);
  const std::size_t after = lab::resident_bytes(server.pid());
  const int threads = server.threads();
  const std::size_t each =
      (std::max(after, before) - before) / static_cast<std::size_t>(connections - first);

  const int few = 50;
  const int control = threads_for(few);
  story.claim("11.3", "An event-driven server suits many open connections",
              opened == connections && threads == 1 && each < (64 << 10) && control > few,
              "{} connections: {} thread, {:.1f} KiB each; control, a thread for each "
              "connection: {} threads for {}",
              opened, threads, static_cast<double>(each) / 1024, control, few);
}

namespace {

struct Attack {
  const char* name;
  std::uint16_t expected;  // 0: the connection ends without a code, none was agreed on
  std::function<std::uint16_t(RawPeer&)> play;
};

std::function<std::uint16_t(RawPeer&)> sends(std::string bytes) {
  return [bytes = std::move(bytes)](RawPeer& peer) {
    peer.shake_hands("/chat");
    peer.send(bytes);
    return peer.read_close_code();
  };
}

std::uint16_t half_a_handshake(RawPeer& peer) {
  peer.send("GET /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: webs");
  return peer.read_close_code();
}

std::uint16_t slow_loris(RawPeer& peer) {
  peer.shake_hands("/chat");
  const std::string message = frame(kText, std::string(4000, 'x'));
  for (std::size_t i = 0; i < message.size() && !peer.hears_within(1ms); ++i) {
    peer.send(message.substr(i, 1));
  }
  return peer.read_close_code();
}

}  // namespace

void hostile(Story& story) {
  namespace code = lab::websocket::code;
  const Process server = Process::server({.strict = true});
  Crowd crowd;
  crowd.add({.user = "ann", .servers = {server.port()}});
  crowd.add({.user = "bob", .servers = {server.port()}});
  const bool ready = crowd.until([&] { return crowd.all_joined(); });

  const std::vector<Attack> attacks = {
      {"a message of 70 KB", code::too_big,
       sends(frame(kText, std::string(70'000, 'x')))},
      {"one that claims 4 EB", code::too_big,
       sends(frame(kText, "x", Mask::yes, true, 1ull << 62))},
      {"bad UTF-8", code::bad_payload, sends(frame(kText, "\xc3\x28"))},
      {"a frame without a mask", code::protocol_error,
       sends(frame(kText, "x", Mask::no))},
      {"a reserved opcode", code::protocol_error, sends(frame(3, "x"))},
      {"a binary message", code::unsupported, sends(frame(2, "x"))},
      {"not JSON", code::policy, sends(frame(kText, "hello"))},
      {"half a handshake", 0, half_a_handshake},
      {"a byte now and then", code::policy, slow_loris},
  };
  lab::Table table{"hostile peers", {"it sends", "it gets", "expected"}, {}};
  std::size_t right = 0;
  for (const Attack& attack : attacks) {
    RawPeer peer(server.port());
    const std::uint16_t got = attack.play(peer);
    right += got == attack.expected;
    const auto text = [](std::uint16_t code) {
      return code ? std::to_string(code) : std::string("the end, no code");
    };
    table.rows.push_back({attack.name, text(got), text(attack.expected)});
  }
  story.table(table);
  crowd[0].say("still here?");
  const bool served = crowd.until([&] { return crowd[1].seen() == 1; });
  story.claim(
      "11.3", "An event-driven server suits many open connections",
      ready && served && right == attacks.size() && crowd[0].diary().closes.empty() &&
          crowd[1].diary().closes.empty(),
      "{} of {} hostile peers were shown out with the right code, and the two who "
      "chat noticed nothing",
      right, attacks.size());
}

}  // namespace lab11
