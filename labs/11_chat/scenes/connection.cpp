// connection.cpp: what a WebSocket is, and how many one thread can serve.
#include <algorithm>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/loopback.hpp"
#include "lab/net/raw_peer.hpp"
#include "lab/os/proc.hpp"
#include "scenes/scenes.hpp"
#include "world/server_process.hpp"

namespace lab11 {

using namespace std::chrono_literals;
using namespace lab::websocket;
namespace trace = lab::trace;

namespace {

// The messages that are under way in one direction; the first few are drawn.
struct Direction {
  int to_draw = 10;
  std::deque<lab::EventId> under_way{};
};

// One end of a connection.
struct Endpoint final : Session {
  Endpoint(std::string of, Direction& to, Direction& from)
      : name(std::move(of)), sends(to), reads(from) {}

  void write(const std::string& text) {
    sends.under_way.push_back(sends.to_draw-- > 0 ? trace::flow_out(text, {.lane = name})
                                                  : 0);
    peer->write(std::make_shared<const std::string>(text));
  }
  void on_open() override {
    opened = true;
    when_open();
  }
  void on_text(std::string_view text) override {
    if (reads.under_way.front())
      trace::flow_in(reads.under_way.front(), text, {.lane = name});
    reads.under_way.pop_front();
    read.emplace_back(text);
    when_read(std::string(text));
  }
  void on_close(const Close&) override { closed = true; }

  std::string name;
  Direction &sends, &reads;
  std::function<void()> when_open = [] {};
  std::function<void(const std::string&)> when_read = [](auto&) {};
  Peer peer{};
  std::vector<std::string> read{};
  bool opened = false, closed = false;
};

struct Talk {
  std::size_t up = 0, down = 0;
  int unasked = 0;  // came down though nothing had gone up since the last one
};

// So many messages at each millisecond, until none are left.
void talk_by_the_clock(Loop& loop, Endpoint& end, const char* text, int each_time,
                       int left) {
  for (int i = 0; i < each_time; ++i) end.write(text);
  if (left > each_time)
    loop.after(1ms, [=, &loop, &end] {
      talk_by_the_clock(loop, end, text, each_time, left - each_time);
    });
}

// Client and server each talk by a clock of their own, the server twice as much; or, as a
// control, the server only replies.
Talk talk(int messages, bool by_the_clock) {
  Direction up{3}, down{by_the_clock ? 6 : 3};
  const auto client =
      std::make_shared<Endpoint>(by_the_clock ? "client" : "asking client", up, down);
  const auto server =
      std::make_shared<Endpoint>(by_the_clock ? "server" : "replying server", down, up);
  Talk result;
  bool went_up = false;
  Loop loop;
  const Server listener(loop, [&](const Peer& peer, const std::string&) {
    server->peer = peer;
    return server;
  });
  server->when_read = [&](const auto&) {
    went_up = true;
    if (!by_the_clock) server->write("reply");
  };
  server->when_open = [&] {
    if (by_the_clock) talk_by_the_clock(loop, *server, "news", 2, 2 * messages);
  };
  client->when_open = [&] { talk_by_the_clock(loop, *client, "hi", 1, messages); };
  client->when_read = [&](const auto&) {
    result.unasked += !std::exchange(went_up, false);
  };
  client->peer = connect(loop, listener.port(), "/", client);
  const int expected = by_the_clock ? 2 * messages : messages;
  (void)loop.run_until(
      [&] {
        return std::ssize(client->read) == expected &&
               std::ssize(server->read) == messages;
      },
      20s);
  result.up = server->read.size();
  result.down = client->read.size();
  return result;
}

}  // namespace

void duplex(Story& story, const Knobs&) {
  story.say(
      "A client and a server send on one connection, each on its own timer. Neither "
      "waits for the other.");
  story.picture(lab::Picture::sequence,
                {"client", "server", "asking client", "replying server"});
  const int messages = story.quick() ? 100 : 300;
  trace::instant("both send when they like", {.lane = "case"});
  const Talk both = talk(messages, true);
  trace::instant("a server that only replies", {.lane = "case"});
  const Talk replies = talk(messages, false);
  const auto sent = static_cast<std::size_t>(messages);
  story.claim("11.1",
              both.up == sent && both.down == 2 * sent && both.unasked >= messages / 2,
              "{} messages went up and {} came down on one connection; {} of those came "
              "although the client had sent nothing since the last one",
              both.up, both.down, both.unasked);
  story.claim(
      "11.1", replies.down == sent && replies.unasked == 0,
      "Control: a server that only replies sent {} replies and {} unasked messages",
      replies.down, replies.unasked);
  story.takeaway(
      "A WebSocket begins as an HTTP request. After that, either end sends when it "
      "likes, and \"hi\" takes {} bytes.",
      frame(kText, "hi").size());
}

namespace {

constexpr const char* kSocketIo = "/socket.io/?EIO=4&transport=websocket";

// A client sends its lines one by one, each when something has come, to a small model of a
// socket.io server: engine.io 4 with socket.io 5 inside, as far as a handshake and one
// message go. The first digits of a packet say what it is.
std::shared_ptr<Endpoint> speak(const char* name, const char* target,
                                const std::vector<std::string>& lines) {
  Direction up, down;
  const auto client = std::make_shared<Endpoint>(name, up, down);
  const auto server = std::make_shared<Endpoint>("socket.io server", down, up);
  Loop loop;
  const Server listener(
      loop, [&](const Peer& peer, const std::string& asked) -> std::shared_ptr<Session> {
        server->peer = peer;
        return asked == kSocketIo ? server : nullptr;
      });
  server->when_open = [&] { server->write(R"(0{"sid":"a1"})"); };
  server->when_read = [&](const std::string& packet) {
    if (packet.starts_with("40")) return server->write(R"(40{"sid":"b2"})");
    if (packet.starts_with("42")) return server->write(packet);
    server->peer->close(code::normal, "parse error");
  };
  client->when_read = [&](const auto&) {
    if (client->read.size() > lines.size()) return client->peer->close(code::normal);
    client->write(lines[client->read.size() - 1]);
  };
  client->peer = connect(loop, listener.port(), target, client);
  (void)loop.run_until([&] { return client->closed; }, 5s);
  return client;
}

}  // namespace

void protocols(Story& story, const Knobs&) {
  story.say(
      "Two clients say hello to a socket.io server: a plain WebSocket client, and one "
      "that sends socket.io packets. The server is a small model of socket.io.");
  story.picture(lab::Picture::sequence,
                {"plain client", "socket.io server", "socket.io client"});
  const std::string packet = R"(42["chat","hello"])";
  const auto at_root = speak("plain client", "/", {"hello"});
  trace::instant("plain WebSocket: the server closes", {.lane = "case"});
  const auto plain = speak("plain client", kSocketIo, {"hello"});
  trace::instant("packets: 0 is open, 40 connect, 42 an event", {.lane = "case"});
  const auto fluent = speak("socket.io client", kSocketIo, {"40", packet});
  story.claim("11.2",
              !at_root->opened && plain->read.size() == 1 &&
                  plain->read[0].starts_with("0{") && fluent->read.size() == 3 &&
                  fluent->read[2] == packet,
              "the plain client got no upgrade at / and, at socket.io's address, only "
              "the packet {}; the server refused its message. Control: a client that "
              "sent 40 and then {} got its message back",
              plain->read.empty() ? "-" : plain->read[0], packet);
  story.nuance("11.2",
               "The package ws is plain WebSocket, so any client can use it. A socket.io "
               "client begins with HTTP polling, which needs sticky sessions.");
  story.takeaway(
      "ws is plain WebSocket. socket.io has its own protocol and needs its own client.");
}

namespace {

// A control: a server that has a thread for each connection. Returns how many it needed.
int threads_of_a_threaded_server(int connections) {
  const int before = lab::thread_count();
  const lab::Descriptor listener = lab::loopback::listen();
  std::vector<std::jthread> serving;
  std::vector<lab::Descriptor> clients;  // they go first, and so the threads end
  for (int i = 0; i < connections; ++i) {
    lab::loopback::connect(clients.emplace_back(lab::loopback::socket()),
                           lab::loopback::port_of(listener));
    serving.emplace_back(
        [peer = lab::Descriptor(accept(listener.get(), nullptr, nullptr))] {
          char byte = 0;
          recv(peer.get(), &byte, 1, 0);
        });
  }
  return lab::thread_count() - before;
}

}  // namespace

void many(Story& story, const Knobs& knobs) {
  const int count =
      story.quick() ? std::min(*knobs.connections, 1000) : *knobs.connections;
  constexpr int kFew = 50;
  story.say("{} clients connect to one chat server and stay connected.", count);
  story.picture(lab::Picture::bars, {"Threads for the open connections"});
  allow_many_descriptors();
  const SharedRedis redis;
  const ServerProcess server(redis);
  int opened = 0;
  Direction none;
  Loop loop;
  std::vector<Peer> peers;
  const auto grow_to = [&](int wanted) {
    while (std::ssize(peers) < wanted) {  // a few at a time: the listen backlog is finite
      const auto client = std::make_shared<Endpoint>("", none, none);
      client->when_open = [&opened] { ++opened; };
      peers.push_back(connect(loop, server.port(), "/chat", client));
      if (!loop.run_until([&] { return opened > std::ssize(peers) - 64; }, 10s)) return;
    }
    (void)loop.run_until([&] { return opened == wanted; }, 20s);
  };
  grow_to(count / 2);  // these also touch code and heap that all others share
  const std::size_t before = lab::resident_bytes(server.pid());
  grow_to(count);
  const std::size_t after = std::max(before, lab::resident_bytes(server.pid()));
  const std::size_t each = (after - before) / static_cast<std::size_t>(count - count / 2);
  const int threads = server.threads();
  const int control = threads_of_a_threaded_server(kFew);
  story.table({"Threads for the open connections",
               {"server", "connections", "threads"},
               {{"event loop", std::to_string(count), std::to_string(threads)},
                {"a thread each", std::to_string(kFew), std::to_string(control)}}});
  story.claim("11.3",
              opened == count && threads == 1 && each < (64 << 10) && control >= kFew,
              "{} connections took {} thread and {} of memory each. Control: a server "
              "with a thread for each connection needs {} threads for {} connections",
              count, threads, lab::text::bytes(each), control, kFew);
  story.takeaway(
      "An idle connection costs a few KiB and no thread, so one process can hold "
      "thousands.");
}

}  // namespace lab11
