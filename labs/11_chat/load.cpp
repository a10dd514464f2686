// load.cpp: a crowd, what it costs to reach it, and readers who do not read.
#include <fmt/format.h>

#include "lab/postgres_server.hpp"
#include "lab/program.hpp"
#include "lab/trace.hpp"
#include "scenes.hpp"
#include "world.hpp"

namespace lab11 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr const char* kSuits = "An event-driven server suits many open connections";

std::string ms(std::chrono::nanoseconds time) {
  return fmt::format("{:.1f} ms", static_cast<double>(time.count()) / 1e6);
}

void fill(Crowd& crowd, const Dials& dials, const Process& a, const Process& b) {
  for (int i = 0; i < *dials.clients; ++i) {
    // Both servers in every room.
    crowd.add({.user = fmt::format("user-{}", i),
               .room = fmt::format("room-{}", i / 2 % *dials.rooms),
               .servers = {i % 2 ? a.port() : b.port(), i % 2 ? b.port() : a.port()}});
  }
}

}  // namespace

// Step 13: the load generator. Messages go out by the clock, not when the last one came,
// so that a slow answer does not slow the question.
void fan_out(Story& story, const Dials& dials) {
  allow_many_descriptors();
  RedisPlace redis;
  const Process a = Process::server(on(redis));
  const Process b = Process::server(on(redis, {.name = "B"}));
  Crowd crowd(&redis);
  fill(crowd, dials, a, b);
  bool well = crowd.until([&] { return crowd.all_joined(); }, 30s);
  const int messages = story.quick() ? (*dials.rate + 1) / 2 : *dials.rate * 3;
  const auto start = Clock::now();
  for (int i = 0; i < messages; ++i) {
    const auto due = start + std::chrono::microseconds(1'000'000LL * i / *dials.rate);
    while (Clock::now() < due) {
      crowd.loop().turn(std::chrono::ceil<milliseconds>(due - Clock::now()));
    }
    crowd[static_cast<std::size_t>(i) * 7919 % crowd.size()].say("hello, everybody");
  }
  well = well && crowd.until([&] { return crowd.settled(); }, 30s);
  const std::chrono::duration<double> took = Clock::now() - start;

  const Verdict verdict = crowd.judge();
  const lab::Latency latency = crowd.latency();
  const auto encoded = static_cast<int>(a.counts().encoded + b.counts().encoded);
  story.table(
      {fmt::format("{} clients, {} rooms", crowd.size(), *dials.rooms),
       {"messages", "encoded", "deliveries", "a second", "p50", "p99", "most"},
       {{std::to_string(messages), std::to_string(encoded),
         std::to_string(verdict.deliveries),
         fmt::format("{:.0f}", static_cast<double>(verdict.deliveries) / took.count()),
         ms(latency.percentile(50)), ms(latency.percentile(99)), ms(latency.max())}}});
  story.claim("11.5", "Redis Pub/Sub relays between servers",
              well && verdict.clean() && encoded <= 2 * messages,
              "{} messages became {} deliveries and were encoded {} times, once in each "
              "server; {} missing, {} twice, {} out of order",
              messages, verdict.deliveries, encoded, verdict.gaps, verdict.duplicates,
              verdict.disorder);
}

namespace {

struct Slow {
  bool well = false;
  std::uint64_t cut = 0, most_queued = 0;
  int others_closed = 0, recovered = 0;
  std::uint16_t code = 0;
  Verdict verdict;
};

// carl stops reading while ann talks to bob.
Slow stop_reading(std::size_t outbox, int messages) {
  RedisPlace redis;
  const Process a =
      Process::server(on(redis, {.outbox = outbox, .send_buffer = 16 << 10}));
  Crowd crowd(&redis);
  ChatClient& ann = crowd.add({.user = "ann", .servers = {a.port()}});
  ChatClient& bob = crowd.add({.user = "bob", .servers = {a.port()}});
  ChatClient& carl = crowd.add(
      {.user = "carl", .servers = {a.port()}, .socket = {.receive_buffer = 8 << 10}});
  Slow result;
  result.well = crowd.until([&] { return crowd.all_joined(); });
  carl.pause(true);
  for (int i = 0; i < messages; ++i) ann.say(std::string(4000, 'x'));
  const auto read = static_cast<std::size_t>(messages);
  result.well = result.well &&
                crowd.until([&] { return bob.seen() == read || carl.seen() == read; });
  carl.pause(false);
  result.well = result.well && crowd.until([&] { return crowd.settled(); });
  const Counts counts = a.counts();
  result.cut = counts.cut;
  result.most_queued = counts.most_queued;
  result.others_closed =
      static_cast<int>(ann.diary().closes.size() + bob.diary().closes.size());
  result.recovered = carl.diary().recovered;
  result.code = carl.diary().closes.empty() ? 0 : carl.diary().closes[0];
  result.verdict = crowd.judge();
  return result;
}

}  // namespace

void slow_reader(Story& story) {
  const int messages = story.quick() ? 60 : 150;
  const std::size_t limit = 64 << 10;
  const Slow cut = stop_reading(limit, messages);
  story.claim("11.3", kSuits,
              cut.well && cut.cut >= 1 && cut.others_closed == 0 && cut.recovered >= 1 &&
                  cut.code == kSlow && cut.most_queued <= limit && cut.verdict.clean(),
              "carl stopped reading: at most {} bytes waited for him, he was cut with "
              "{}, came back, resumed, missed {}; the others noticed nothing",
              cut.most_queued, cut.code, cut.verdict.gaps + cut.verdict.behind);
  const Slow control = stop_reading(std::size_t{1} << 30, messages);
  story.claim("11.3", kSuits,
              control.well && control.cut == 0 && control.most_queued > limit,
              "control, no limit: {} bytes waited for him, and would grow for ever",
              control.most_queued);
}

void live(Story& story, const Dials& dials) {
  allow_many_descriptors();
  RedisPlace redis;
  const lab::PostgresServer postgres;
  const Plan plan = on(redis, {.postgres = postgres.url(), .pages = true});
  const Process a = Process::server(plan), b = Process::server(as_b(plan));
  story.say(
      "Open http://127.0.0.1:{}/ and http://127.0.0.1:{}/ in two windows, and chat "
      "from one to the other: they are on different servers. Meanwhile {} clients "
      "chat in {} rooms; turn rate. Ctrl-C ends it.",
      a.port(), b.port(), *dials.clients, *dials.rooms);
  Crowd crowd(&redis);
  fill(crowd, dials, a, b);
  if (!crowd.until([&] { return crowd.all_joined() || lab::Program::stopped(); }, 30s)) {
    return story.say("The clients could not join.");
  }
  std::size_t next = 0;
  auto due = Clock::now(), shown = due;
  while (!lab::Program::stopped()) {
    crowd.loop().turn(10ms);
    for (; due <= Clock::now();
         due += std::chrono::microseconds(1'000'000 / *dials.rate)) {
      crowd[next++ * 7919 % crowd.size()].say("hello");
    }
    if (Clock::now() - shown < 500ms) continue;
    shown = Clock::now();
    const lab::Latency latency = crowd.latency();
    lab::trace::counter("deliveries", static_cast<double>(latency.count()));
    lab::trace::counter("p99 ms", latency.percentile(99) / 1.0ms);
  }
}

}  // namespace lab11
