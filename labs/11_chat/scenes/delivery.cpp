// delivery.cpp: what gets lost on the way, and how servers and clients find it again.
#include <fmt/format.h>

#include <algorithm>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/crowd.hpp"
#include "world/server_process.hpp"

namespace lab11 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

namespace {

bool wait_for_subscribers(SharedRedis& redis, Crowd& crowd, long servers) {
  return crowd.until([&] {
    crowd.loop().turn(1ms);
    return redis.subscribers("lobby") == servers;
  });
}

struct Away {
  std::string bob_read = "timed out";
  long receivers = 0;  // of what was published while B was away

  std::string messages() const {
    return std::to_string(std::ranges::count(bob_read, ':'));
  }
};

// ann on A says three things. When she says the second, B has lost its subscription.
Away away_for_one(bool closes_gaps) {
  trace::instant(closes_gaps ? "with offset and epoch" : "plain Pub/Sub",
                 {.lane = "case"});
  SharedRedis redis;
  const ServerProcess a(redis, {.closes_gaps = closes_gaps});
  const ServerProcess b(
      redis, {.name = "B", .closes_gaps = closes_gaps, .reconnect_after = 1000});
  Crowd crowd(redis);
  ChatClient& ann = crowd.add({.user = "ann", .servers = {a.port()}, .draws = true});
  ChatClient& bob = crowd.add({.user = "bob", .servers = {b.port()}, .draws = true});
  Away result;
  if (!crowd.until([&] { return crowd.all_joined(); })) return result;
  ann.say("one");
  if (!crowd.until([&] { return ann.seen() == 1 && bob.seen() == 1; })) return result;

  redis.cut("relay-B");
  if (!wait_for_subscribers(redis, crowd, 1)) return result;
  trace::instant("the subscription is cut", {.lane = "server B"});
  result.receivers = redis.publish("lobby", "is anybody there?");
  ann.say("two");
  if (!crowd.until([&] { return ann.seen() == 2; })) return result;

  if (!wait_for_subscribers(redis, crowd, 2)) return result;
  trace::instant("subscribed again", {.lane = "server B"});
  ann.say("three");
  const bool read = crowd.until([&] { return bob.seen_text().ends_with("ann:3"); });
  if (read) result.bob_read = bob.seen_text();
  return result;
}

}  // namespace

void gap(Story& story, const Knobs&) {
  story.say(
      "ann on server A sends three messages. Server B loses its subscription to Redis "
      "while she sends the second. What does bob on B read?");
  story.picture(lab::Picture::sequence, {"ann", "server A", "Redis", "server B", "bob"});
  Away plain = away_for_one(false);
  // On a very busy machine B may be back before the second message: then try again.
  for (int i = 0; i < 3 && plain.receivers != 1; ++i) plain = away_for_one(false);
  const Away numbered = away_for_one(true);
  story.table({"B is away while the second of three is sent",
               {"", "bob read", "messages"},
               {{"plain Pub/Sub", plain.bob_read, plain.messages()},
                {"offset and epoch", numbered.bob_read, numbered.messages()}}});
  story.claim("11.5", plain.bob_read == "ann:1 ann:3" && plain.receivers == 1,
              "with plain Pub/Sub bob read \"{}\"; PUBLISH returned {} receiver, and no "
              "client learned that a message was lost",
              plain.bob_read, plain.receivers);
  story.claim("11.5", numbered.bob_read == "ann:1 ann:2 ann:3",
              "with numbers, B resubscribed, asked the store for the messages after its "
              "offset, and bob read \"{}\"",
              numbered.bob_read);
  story.takeaway(
      "Pub/Sub skips a subscriber that is away. If you store and number each message, "
      "you can see the gap and close it.");
}

void forgotten(Story& story, const Knobs&) {
  story.say(
      "ann and bob have read three messages. Then the store loses its data and counts "
      "from 1 again. Is the new message 1 a repeat of the old one?");
  story.picture(lab::Picture::sequence, {"ann", "server A", "Redis", "server B", "bob"});
  SharedRedis redis;
  const ServerProcess a(redis), b(redis, {.name = "B"});
  Crowd crowd(redis);
  ChatClient& ann = crowd.add({.user = "ann", .servers = {a.port()}, .draws = true});
  ChatClient& bob = crowd.add({.user = "bob", .servers = {b.port()}, .draws = true});
  bool on_time = crowd.until([&] { return crowd.all_joined(); });
  trace::instant("the store counts from 1", {.lane = "case"});
  for (const char* word : {"one", "two", "three"}) ann.say(word);
  on_time = on_time && crowd.until([&] { return crowd.settled() && bob.seen() == 3; });
  const Position before = bob.position();
  redis.lose_data();
  trace::instant("it has lost its data, and counts from 1 again", {.lane = "case"});
  ann.say("is this the first?");
  on_time = on_time && crowd.until([&] { return crowd.settled() && bob.seen() == 4; });
  const Position after = bob.position();
  story.claim("11.5",
              on_time && after.offset == 1 && after.epoch != before.epoch &&
                  ann.diary().told_lost == 1 && bob.diary().told_lost == 1,
              "the new message had offset {} after offset {}, but another epoch; ann and "
              "bob were told that messages were lost, and both read the new one",
              after.offset, before.offset);
  story.takeaway(
      "After a data loss an offset alone is misleading. The epoch tells the client that "
      "it cannot resume.");
}

namespace {

struct Killed {
  bool settled = false;
  Verdict verdict;
  int cut = 0;  // connections to Redis
  int came_back = 0, recovered = 0;
  std::vector<std::chrono::milliseconds> waits;
};

void say_rounds(Crowd& crowd, int rounds, const std::function<void(int)>& meanwhile) {
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < crowd.size(); ++i) crowd[i].say("hello");
    meanwhile(round);
    crowd.loop().turn(1ms);
  }
}

// Half of the crowd is on B, which is killed in the middle of the talk. Meanwhile the
// connections of both servers to Redis are cut again and again.
Killed kill_one(bool resumes, int people, int rounds) {
  SharedRedis redis;
  trace::actor("Redis", trace::Actor::service, redis.pid());
  // All that is said meanwhile is kept: on a fast machine it is more than 1000 messages.
  const auto kept = static_cast<std::size_t>(people * rounds);
  const ServerProcess a(redis, {.history = kept});
  ServerProcess b(redis, {.name = "B", .history = kept});
  Crowd crowd(redis);
  for (int i = 0; i < people; ++i) {
    std::vector<std::uint16_t> servers{a.port(), b.port()};
    if (i % 2) std::ranges::reverse(servers);
    crowd.add({.user = fmt::format("user-{}", i),
               .servers = servers,
               .resumes = resumes,
               .draws = resumes && i < 2,  // the others would hide them
               .first_wait = 400ms});
  }
  Killed result;
  if (!crowd.until([&] { return crowd.all_joined(); }, 30s)) return result;
  say_rounds(crowd, rounds, [&](int round) {
    if (round == rounds / 2) b.kill();
    if (round % 5 != 4) return;
    for (const char* name : {"relay-A", "relay-B", "store-A"})
      result.cut += redis.cut(name);
  });
  result.settled = crowd.until([&] { return crowd.settled(); }, 30s);
  result.verdict = crowd.judge();
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    const Diary& diary = crowd[i].diary();
    result.came_back += diary.joined > 1;
    result.recovered += diary.recovered;
    if (!diary.waits.empty()) result.waits.push_back(diary.waits[0]);
  }
  return result;
}

std::string told(const Verdict& verdict) {
  return fmt::format(
      "{} deliveries: {} missing, {} twice, {} out of order, {} confirmed and lost",
      verdict.deliveries, verdict.gaps + verdict.behind, verdict.duplicates,
      verdict.disorder, verdict.unstored);
}

}  // namespace

void killed_server(Story& story, const Knobs& knobs) {
  const int people = story.quick() ? std::min(*knobs.clients, 10) : *knobs.clients;
  const int rounds = story.quick() ? 20 : 40;
  story.say(
      "{} people chat on two servers. We kill server B and keep cutting the connections "
      "to Redis. A checker compares what every client read.",
      people);
  story.picture(lab::Picture::nodes,
                {"server A", "server B", "Redis", "user-0", "user-1"});
  const Killed resumed = kill_one(true, people, rounds);
  // If A was kept waiting too, they may be back before anything was said: then try again.
  Killed anew = kill_one(false, people, rounds);
  for (int i = 0; i < 4 && anew.settled && anew.verdict.gaps == 0; ++i)
    anew = kill_one(false, people, rounds);
  const auto waits =
      std::ranges::minmax(resumed.waits.empty() ? std::vector{0ms} : resumed.waits);
  story.claim("11.5",
              resumed.settled && resumed.verdict.clean() && resumed.cut > 0 &&
                  resumed.came_back == people / 2 && resumed.recovered >= people / 2,
              "{} connections to Redis were cut; the {} clients of B waited {} to {}, "
              "went to A and resumed. {}",
              resumed.cut, resumed.came_back, lab::text::time(waits.min),
              lab::text::time(waits.max), told(resumed.verdict));
  story.claim("11.5", anew.settled && anew.verdict.gaps > 0,
              "Control: the clients joined again without resuming. {}",
              told(anew.verdict));
  story.takeaway(
      "A client that sends its position can resume on any server. A random wait keeps "
      "all of them from coming back at once.");
}

}  // namespace lab11
