// two_servers.cpp: what it takes for two servers to be one chat, and for one reader not to
// harm the others.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <thread>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/crowd.hpp"
#include "world/server_process.hpp"

namespace lab11 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

namespace {

struct Slow {
  bool settled = false;
  Verdict verdict;
  Diary diary;
  std::size_t others_closed = 0;

  bool ended_without_a_code() const {
    return !diary.close_codes.empty() &&
           diary.close_codes[0] == lab::websocket::code::lost;
  }
};

// carl stops reading while ann talks to bob.
Slow stop_reading(std::size_t limit, int messages, bool draws) {
  SharedRedis redis;
  const ServerProcess server(
      redis, {.queue_limit = limit, .send_buffer = 16 << 10, .draws_queues = draws});
  Crowd crowd(redis);
  ChatClient& ann = crowd.add({.user = "ann", .servers = {server.port()}});
  ChatClient& bob = crowd.add({.user = "bob", .servers = {server.port()}});
  ChatClient& carl = crowd.add({.user = "carl",
                                .servers = {server.port()},
                                .socket = {.receive_buffer = 8 << 10}});
  Slow result;
  result.settled = crowd.until([&] { return crowd.all_joined(); });
  carl.pause(true);
  for (int i = 0; i < messages; ++i) ann.say(std::string(4000, 'x'));
  const auto all = static_cast<std::size_t>(messages);
  result.settled = result.settled && crowd.until([&] { return bob.seen() == all; });
  carl.pause(false);
  result.settled = result.settled && crowd.until([&] { return crowd.settled(); });
  result.verdict = crowd.judge();
  result.diary = carl.diary();
  result.others_closed = ann.diary().close_codes.size() + bob.diary().close_codes.size();
  return result;
}

}  // namespace

void slow_reader(Story& story, const Knobs&) {
  constexpr std::size_t kLimit = 64 << 10;
  const int messages = story.quick() ? 60 : 150;
  story.say(
      "carl stops reading while ann sends {} messages. The unread messages wait in the "
      "server, up to a limit of {}.",
      messages, lab::text::bytes(kLimit));
  story.picture(lab::Picture::tank, {"waiting for carl", "limit"});
  trace::counter("limit", static_cast<double>(kLimit));
  Slow limited = stop_reading(kLimit, messages, true);
  // The server waits a second for carl to read the code. On a very busy machine he may be
  // later, and find that the connection has just ended: then try again.
  for (int i = 0; i < 4 && limited.ended_without_a_code(); ++i)
    limited = stop_reading(kLimit, messages, false);
  const Slow control = stop_reading(std::size_t{1} << 30, messages, false);
  const auto& codes = limited.diary.close_codes;
  story.claim(
      "11.3",
      limited.settled && limited.others_closed == 0 && !codes.empty() &&
          codes[0] == kTooSlow && limited.diary.recovered >= 1 && limited.verdict.clean(),
      "carl's queue was full, and his connection was closed with {}. He reconnected, "
      "resumed, and missed {} of {} messages; the others stayed connected",
      codes.empty() ? 0 : codes[0], limited.verdict.gaps + limited.verdict.behind,
      messages);
  story.claim(
      "11.3", control.settled && control.diary.close_codes.empty(),
      "Control: without a limit his connection stayed open with {} of unread messages",
      lab::text::bytes(static_cast<std::uint64_t>(messages) * 4000));
  story.takeaway(
      "Limit each client's queue. When it is full, disconnect with a close code that "
      "means \"reconnect and resume\".");
}

namespace {

struct Heard {
  std::string on_a, on_b;
};

// ann and amy are on server A, bob and ben on B. ann speaks, then bob.
Heard two_speak(SharedRedis& redis, const ServerPlan& plan_a, const ServerPlan& plan_b,
                std::size_t expected) {
  const ServerProcess a(redis, plan_a), b(redis, plan_b);
  Crowd crowd(redis);
  ChatClient& ann = crowd.add({.user = "ann", .servers = {a.port()}, .draws = true});
  ChatClient& amy = crowd.add({.user = "amy", .servers = {a.port()}, .draws = true});
  ChatClient& bob = crowd.add({.user = "bob", .servers = {b.port()}, .draws = true});
  ChatClient& ben = crowd.add({.user = "ben", .servers = {b.port()}, .draws = true});
  bool on_time = crowd.until([&] { return crowd.all_joined(); });
  ann.say("hi");
  on_time = on_time && crowd.until([&] { return amy.seen() == 1; });
  // On B something is said too: when it is read there, ann's message had time to come.
  bob.say("anybody?");
  on_time = on_time &&
            crowd.until([&] { return amy.seen() == expected && ben.seen() == expected; });
  return on_time ? Heard{amy.seen_text(), ben.seen_text()} : Heard{"timed out", ""};
}

}  // namespace

void relay(Story& story, const Knobs&) {
  story.say(
      "ann and amy are on server A, and bob and ben are on server B. At first nothing "
      "connects the servers. Then Redis Pub/Sub does.");
  story.picture(lab::Picture::nodes, {"server A", "server B", "ann", "ben"});
  SharedRedis redis;
  trace::actor("Redis", trace::Actor::service, redis.pid());
  // In the same Redis, but each server has a namespace of its own.
  trace::instant("nothing between the servers", {.lane = "case"});
  const Heard alone = two_speak(redis, {.prefix = "A:", .draws_relay = false},
                                {.name = "B", .prefix = "B:", .draws_relay = false}, 1);
  trace::instant("Redis Pub/Sub between them", {.lane = "case"});
  const Heard both = two_speak(redis, {}, {.name = "B"}, 2);
  story.table(
      {"Who reads what",
       {"between the servers", "amy on A", "ben on B"},
       {{"nothing", alone.on_a, alone.on_b}, {"Redis Pub/Sub", both.on_a, both.on_b}}});
  story.claim("11.4", alone.on_a == "ann:1" && alone.on_b == "bob:1",
              "Control: with nothing between the servers, amy on A read only \"{}\" and "
              "ben on B only \"{}\"",
              alone.on_a, alone.on_b);
  story.claim("11.4", both.on_a == "ann:1 bob:1" && both.on_b == both.on_a,
              "with a relay both read \"{}\", each message once and in the same order",
              both.on_b);
  story.takeaway(
      "Store first, then publish. Every server sends a message only when the relay "
      "brings it, so all users see one order.");
}

void presence(Story& story, const Knobs&) {
  story.say(
      "ann is on server A and bob on server B. Each server keeps announcing who is "
      "connected to it. Then B is killed and cannot say that bob has gone.");
  story.picture(lab::Picture::strips, {"server A", "server B", "ann sees online"});
  SharedRedis redis;
  const ServerProcess a(redis, {.draws_presence = true});
  ServerProcess b(redis, {.name = "B", .draws_presence = true});
  Crowd crowd(redis);
  ChatClient& ann = crowd.add({.user = "ann", .servers = {a.port()}});
  ChatClient& bob = crowd.add({.user = "bob", .servers = {b.port()}});
  using Names = std::vector<std::string>;
  const Names two{"ann", "bob"};
  const bool both = crowd.until(
      [&] { return ann.diary().present == two && bob.diary().present == two; });
  trace::state("ann sees online",
               fmt::format("{}", fmt::join(ann.diary().present, ", ")));
  std::this_thread::sleep_for(500ms);  // for the picture: some announcements of both
  b.kill();
  const auto killed = std::chrono::steady_clock::now();
  const bool expired = crowd.until([&] { return ann.diary().present == Names{"ann"}; });
  const auto noticed = std::chrono::steady_clock::now() - killed;
  trace::state("ann sees online",
               fmt::format("{}", fmt::join(ann.diary().present, ", ")));
  story.claim("11.4", both && expired,
              "both servers showed \"ann, bob\"; {} after B was killed, A showed \"{}\"",
              lab::text::time(noticed), fmt::join(ann.diary().present, ", "));
  std::this_thread::sleep_for(300ms);  // for the picture: A goes on announcing
  story.takeaway(
      "Make presence a lease that servers renew, because a crashed server cannot clear a "
      "flag.");
}

void live(Story& story, const Knobs&) {
  SharedRedis redis;
  trace::actor("Redis", trace::Actor::service, redis.pid());
  const ServerProcess a(redis, {.page = true});
  const ServerProcess b(redis, {.name = "B", .page = true});
  story.say(
      "Open http://127.0.0.1:{}/ and http://127.0.0.1:{}/ in two windows and chat. They "
      "are on different servers. Ctrl-C ends it.",
      a.port(), b.port());
  story.picture(lab::Picture::nodes, {"server A", "server B"});
  while (!lab::Program::stopped()) std::this_thread::sleep_for(50ms);
}

}  // namespace lab11
