// delivery.cpp: several servers, one company, and what gets lost between them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lab/raw_peer.hpp"
#include "scenes.hpp"
#include "world.hpp"

namespace lab11 {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using lab::websocket::frame;
using lab::websocket::kText;
using lab::websocket::RawPeer;

namespace {

constexpr const char* kReach = "With several servers a user on A must reach one on B";
constexpr const char* kRelays = "Redis Pub/Sub relays between servers";

// What a client saw, by its authors' numbers: "ann:1 bob:1".
std::string seen_by(const ChatClient& client) {
  std::string all;
  for (const auto& history : client.diary().histories) {
    for (const Seen& seen : history) all += (all.empty() ? "" : " ") + seen.id;
  }
  return all;
}

// ann and amy on A, bob and ben on B. ann speaks, then bob.
std::vector<std::string> two_speak(const Plan& plan, std::size_t expected) {
  const Process a = Process::server(plan), b = Process::server(as_b(plan));
  Crowd crowd;
  for (const auto& [user, server] :
       {std::pair{"ann", &a}, {"amy", &a}, {"bob", &b}, {"ben", &b}}) {
    crowd.add({.user = user, .servers = {server->port()}});
  }
  bool well = crowd.until([&] { return crowd.all_joined(); });
  crowd[0].say("hi");
  well = well && crowd.until([&] { return crowd[1].seen() == 1; });
  // On B something is said too: when it is read there, ann's message had time to come.
  crowd[2].say("anybody?");
  well = well && crowd.until([&] { return crowd[3].seen() == expected; });
  well = well && crowd.until([&] { return crowd[1].seen() == expected; });
  if (!well) return {"timed out", "timed out"};
  return {seen_by(crowd[1]), seen_by(crowd[3])};
}

// True once so many servers hear of the room.
bool wait_for_listeners(RedisPlace& redis, Crowd& crowd, long servers) {
  return crowd.until([&] {
    crowd.loop().turn(1ms);
    return redis.listeners("lobby") == servers;
  });
}

}  // namespace

void alone(Story& story) {
  const auto seen = two_speak({}, 1);
  story.claim("11.4", kReach, seen[0] == "ann:1" && seen[1] == "bob:1",
              "nothing between them: on A they read \"{}\", on B \"{}\"", seen[0],
              seen[1]);
}

void relay(Story& story) {
  RedisPlace redis;
  const auto seen = two_speak(on(redis), 2);
  story.claim("11.4", kReach, seen[0] == "ann:1 bob:1" && seen[1] == seen[0],
              "with a relay on both: \"{}\", in one order", seen[1]);
  story.claim("11.5", kRelays, seen[0] == "ann:1 bob:1" && seen[1] == seen[0],
              "each message came once on each server");
}

namespace {

// ann says three things; while she says the second, B does not hear the relay.
std::string away_for_one(bool resumes, long& receivers) {
  RedisPlace redis;
  const Process a = Process::server(on(redis, {.resumes = resumes}));
  const Process b = Process::server(on(redis, {.name = "B", .resumes = resumes}));
  Crowd crowd(&redis);
  ChatClient& ann = crowd.add({.user = "ann", .servers = {a.port()}});
  ChatClient& bob = crowd.add({.user = "bob", .servers = {b.port()}});
  bool well = crowd.until([&] { return crowd.all_joined(); });
  ann.say("one");
  well = well && crowd.until([&] { return ann.seen() == 1 && bob.seen() == 1; });

  b.switch_relay(false);
  well = well && wait_for_listeners(redis, crowd, 1);
  receivers = redis.publish("lobby", "is anybody there?");
  ann.say("two");
  well = well && crowd.until([&] { return ann.seen() == 2; });

  b.switch_relay(true);
  well = well && wait_for_listeners(redis, crowd, 2);
  ann.say("three");
  well = well && crowd.until([&] { return seen_by(bob).ends_with("ann:3"); });
  return well ? seen_by(bob) : "timed out";
}

}  // namespace

void gap(Story& story) {
  long receivers = 0;
  const std::string plain = away_for_one(false, receivers);
  story.claim("11.5", kRelays, plain == "ann:1 ann:3" && receivers == 1,
              "B was away for one message: bob read \"{}\"; PUBLISH told {} server, and "
              "nobody said that one was lost",
              plain, receivers);
  story.nuance("11.5",
               "it relays at most once: who is not listening in that moment never hears "
               "of it. The message must be kept first, here in a Stream, with a number "
               "by which a gap is seen");
  const std::string resumed = away_for_one(true, receivers);
  const auto count = [](const std::string& seen) {
    return std::to_string(std::ranges::count(seen, ':'));
  };
  story.table({"B is away while the second of three is said",
               {"", "bob read", "messages"},
               {{"plain Pub/Sub", plain, count(plain)},
                {"offset and epoch", resumed, count(resumed)}}});
  story.claim("11.5", kRelays, resumed == "ann:1 ann:2 ann:3",
              "the same, but B asks the store for what came after its offset: \"{}\"",
              resumed);
}

namespace {

// Everybody in the crowd says so many things; `halfway` happens in the middle of it.
bool chatter(Crowd& crowd, int each, const std::function<void(int)>& meanwhile) {
  if (!crowd.until([&] { return crowd.all_joined(); })) return false;
  for (int round = 0; round < each; ++round) {
    for (std::size_t i = 0; i < crowd.size(); ++i) crowd[i].say("hello");
    meanwhile(round);
    crowd.loop().turn(1ms);
  }
  return crowd.until([&] { return crowd.settled(); }, 20s);
}

std::string told(const Verdict& verdict) {
  return fmt::format(
      "{} deliveries: {} missing, {} twice, {} out of order, {} behind, {} confirmed and "
      "lost",
      verdict.deliveries, verdict.gaps, verdict.duplicates, verdict.disorder,
      verdict.behind, verdict.unstored);
}

}  // namespace

void broken_relay(Story& story) {
  RedisPlace redis;
  const Process a = Process::server(on(redis));
  const Process b = Process::server(on(redis, {.name = "B"}));
  Crowd crowd(&redis);
  const int people = story.quick() ? 8 : 20, each = story.quick() ? 20 : 50;
  for (int i = 0; i < people; ++i) {
    crowd.add({.user = fmt::format("user-{}", i),
               .room = fmt::format("room-{}", i / 2 % 2),
               .servers = {i % 2 ? a.port() : b.port()}});
  }
  int cut = 0;
  const bool settled = chatter(crowd, each, [&](int round) {
    if (round % 5 != 4) return;
    cut += redis.cut("relay");
    if (round % 10 == 9) cut += redis.cut("work");
  });
  const Verdict verdict = crowd.judge();
  story.claim("11.5", kRelays, settled && verdict.clean() && cut > 0,
              "{} connections to Redis were cut while {} people spoke; {}", cut, people,
              told(verdict));
}

namespace {

struct Killed {
  bool settled = false;
  Verdict verdict;
  int came_back = 0, recovered = 0;
  std::vector<long> waits;
};

// Half of the crowd is on B. B is killed in the middle of the talk.
Killed kill_one(bool resumes, int people, int each) {
  RedisPlace redis;
  const Process a = Process::server(on(redis));
  Process b = Process::server(on(redis, {.name = "B"}));
  Crowd crowd(&redis);
  for (int i = 0; i < people; ++i) {
    const auto first = i % 2 ? b.port() : a.port();
    const auto second = i % 2 ? a.port() : b.port();
    crowd.add({.user = fmt::format("user-{}", i),
               .servers = {first, second},
               .resumes = resumes});
  }
  Killed result;
  result.settled = chatter(crowd, each, [&](int round) {
    if (round == each / 2) b.kill();
  });
  result.verdict = crowd.judge();
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    const Diary& diary = crowd[i].diary();
    result.came_back += diary.joined > 1;
    result.recovered += diary.recovered;
    if (!diary.waits.empty()) result.waits.push_back(diary.waits[0].count());
  }
  return result;
}

}  // namespace

void killed_server(Story& story) {
  const int people = story.quick() ? 10 : 40, each = story.quick() ? 20 : 40;
  const Killed good = kill_one(true, people, each);
  const auto [first, last] = std::ranges::minmax(good.waits);
  story.claim("11.4", kReach,
              good.settled && good.verdict.clean() && good.came_back == people / 2 &&
                  good.recovered >= people / 2 && first < last,
              "B was killed: its {} clients waited {} to {} ms, went to A, resumed; {}",
              good.came_back, first, last, told(good.verdict));
  // Where A was kept waiting too, they may come back before anything was said: again, then.
  Killed anew = kill_one(false, people, each);
  for (int i = 0; i < 4 && anew.settled && anew.verdict.gaps == 0; ++i) {
    anew = kill_one(false, people, each);
  }
  story.claim("11.4", kReach, anew.settled && anew.verdict.gaps > 0,
              "control, they join anew and do not resume: {}", told(anew.verdict));
}

void forgotten(Story& story) {
  RedisPlace redis;
  const Process a = Process::server(on(redis, {.name = "A", .backlog = 10}));
  const Process b = Process::server(on(redis, {.name = "B", .backlog = 10}));
  Crowd crowd(&redis);
  ChatClient& ann = crowd.add({.user = "ann", .servers = {a.port()}});
  ChatClient& bob = crowd.add({.user = "bob", .servers = {b.port()}});
  bool well = crowd.until([&] { return crowd.all_joined(); });
  for (int i = 0; i < 30; ++i) ann.say("hello");
  well = well && crowd.until([&] { return bob.seen() == 30; });

  // A client that saw the first message comes back after thirty: ten are kept.
  RawPeer late(b.port());
  late.shake_hands("/chat");
  late.send(frame(kText, Json{{"do", "hello"}, {"user", "late"}}.dump()));
  late.send(frame(kText, Json{{"do", "join"},
                              {"room", "lobby"},
                              {"epoch", bob.position().epoch},
                              {"offset", 1}}
                             .dump()));
  (void)late.read_frame();  // welcome
  const auto joined = late.read_frame();
  const bool refused =
      joined && Json::parse(joined->payload).value("recovered", true) == false;

  redis.forget();
  ann.say("is this the first?");
  well = well && crowd.until([&] {
    return seen_by(ann).ends_with("ann:31") && seen_by(bob).ends_with("ann:31");
  });
  story.claim("11.5", kRelays,
              well && refused && ann.diary().told_lost == 1 && bob.diary().told_lost == 1,
              "what cannot be resumed is told: one who came back too late; and when the "
              "store forgot all (a new epoch, offset {}), ann and bob",
              bob.position().offset);
}

void presence(Story& story) {
  RedisPlace redis;
  const Process a = Process::server(on(redis));
  Process b = Process::server(on(redis, {.name = "B"}));
  Crowd crowd(&redis);
  ChatClient& ann = crowd.add({.user = "ann", .servers = {a.port()}});
  ChatClient& bob = crowd.add({.user = "bob", .servers = {b.port()}});
  using Names = std::vector<std::string>;
  const bool both = crowd.until([&] {
    return ann.diary().present == Names{"ann", "bob"} &&
           bob.diary().present == Names{"ann", "bob"};
  });
  b.kill();
  const auto killed = std::chrono::steady_clock::now();
  const bool converged = crowd.until([&] { return ann.diary().present == Names{"ann"}; });
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - killed);
  story.claim("11.4", kReach, both && converged,
              "on both servers \"ann, bob\" were here; B was killed and could tell "
              "nobody, and {} ms later A said \"{}\"",
              took.count(), fmt::join(ann.diary().present, ", "));
}

}  // namespace lab11
