#include "company.hpp"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <random>

namespace lab11 {

using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

// Step 12: numbered, kept and told in one step. What an author says again is known by his
// number, and is neither kept nor told twice.
constexpr const char* kAppend = R"(
  local epoch = redis.call('GET', KEYS[1])
  if not epoch then
    epoch = ARGV[1]
    redis.call('SET', KEYS[1], epoch)
  end
  local last = tonumber(redis.call('HGET', KEYS[3], ARGV[2]) or '0')
  if tonumber(ARGV[3]) <= last then
    return {epoch, tonumber(redis.call('GET', KEYS[2]))}
  end
  local offset = redis.call('INCR', KEYS[2])
  redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
  redis.call('XADD', KEYS[4], 'MAXLEN', ARGV[5], offset .. '-0', 'm', ARGV[4])
  redis.call('PUBLISH', KEYS[5], epoch .. ' ' .. offset .. ' ' .. ARGV[4])
  return {epoch, offset})";

// Everything after an offset; all that there is, if the offset is of another epoch.
constexpr const char* kHistory = R"(
  local epoch = redis.call('GET', KEYS[1])
  if not epoch then
    epoch = ARGV[1]
    redis.call('SET', KEYS[1], epoch)
  end
  local top = tonumber(redis.call('GET', KEYS[2]) or '0')
  local after = 0
  if ARGV[2] == epoch then after = tonumber(ARGV[3]) end
  return {epoch, top, redis.call('XRANGE', KEYS[3], (after + 1) .. '-0', '+')})";

std::string text(const redisReply* reply) {
  return {reply->str, static_cast<std::size_t>(reply->len)};
}

// A script's answer that begins with an epoch and an offset; nothing if it failed.
std::optional<Position> position(const redisReply* reply) {
  if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements < 2) return {};
  return Position{text(reply->element[0]),
                  static_cast<std::uint64_t>(reply->element[1]->integer)};
}

std::optional<Stored> stored(const redisReply* reply) {
  auto at = position(reply);
  if (!at || reply->elements < 3) return {};
  Stored result{.position = std::move(*at)};
  const redisReply* entries = reply->element[2];
  for (std::size_t i = 0; i < entries->elements; ++i) {
    const redisReply* entry = entries->element[i];  // id, [field, value]
    result.bodies.emplace_back(std::stoull(text(entry->element[0])),
                               text(entry->element[1]->element[1]));
  }
  return result;
}

// A new one for each call: a store that has forgotten everything must not be given the name
// that it had before.
std::string new_epoch() {
  static std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

Company::Company(lab::uv::Loop& loop, std::string url, std::string prefix,
                 std::string server, std::size_t backlog)
    : loop_(loop),
      url_(std::move(url)),
      prefix_(std::move(prefix)),
      server_(std::move(server)),
      backlog_(std::to_string(backlog)),
      work_again_(loop),
      relay_again_(loop) {
  connect_work();
  connect_relay();
}

Company::~Company() {
  work_.reset();  // what waits is answered now, while we are whole
  relay_.reset();
}

std::string Company::key(const std::string& room, const char* part) const {
  return prefix_ + "room:" + room + ":" + part;
}

std::string Company::channel(const char* kind, const std::string& room) const {
  return prefix_ + kind + ":" + room;
}

void Company::connect_work() {
  const auto up = [this] {  // what was asked meanwhile got no answer
    for (const auto& room : listening_) on_listening(room);
  };
  const auto down = [this](const std::string&) {
    work_again_.start(20ms, [this] { connect_work(); });
  };
  work_ = std::make_unique<lab::RedisLink>(loop_, url_, up, down, prefix_ + "work");
}

void Company::connect_relay() {
  const auto up = [this] {
    for (const auto& room : rooms_) subscribe(room);
  };
  const auto down = [this](const std::string&) {
    listening_.clear();
    if (relay_wanted_) relay_again_.start(20ms, [this] { connect_relay(); });
  };
  relay_ = std::make_unique<lab::RedisLink>(loop_, url_, up, down, prefix_ + "relay");
}

void Company::listen(const std::string& room) {
  const bool is_new = rooms_.insert(room).second;
  if (is_new && relay_ && relay_->up()) subscribe(room);
}

// A subscription does not outlive its connection, so this is said after every break. What
// was published before the answer came is lost: who cares, asks the store (on_listening).
void Company::subscribe(const std::string& room) {
  const auto heard = [this](const redisReply* reply) {
    if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) return;
    const std::string kind = text(reply->element[0]);
    const std::string from = text(reply->element[1]);
    if (kind == "message") return published(from, text(reply->element[2]));
    const std::string kind_of_room = prefix_ + "room:";
    if (!from.starts_with(kind_of_room)) return;
    listening_.insert(from.substr(kind_of_room.size()));
    on_listening(from.substr(kind_of_room.size()));
  };
  // One channel each: hiredis keeps an answer's data for each channel of a command.
  relay_->command({"SUBSCRIBE", channel("present", room)}, heard);
  relay_->command({"SUBSCRIBE", channel("room", room)}, heard);
}

// Anybody may publish on these channels, so what is something else is dropped. Nothing may
// be thrown here: who calls is hiredis, in C.
void Company::published(std::string channel, const std::string& payload) {
  channel.erase(0, prefix_.size());
  if (channel.starts_with("present:")) return heard_of(channel.substr(8), payload);
  // "epoch offset body"
  const auto first = payload.find(' ');
  const auto second = payload.find(" {", first + 1);
  if (second == std::string::npos) return;
  Position at{payload.substr(0, first), 0};
  const char* const end = payload.data() + second;
  const auto [read, error] = std::from_chars(payload.data() + first + 1, end, at.offset);
  const std::string body = payload.substr(second + 1);
  if (error == std::errc() && read == end && Json::accept(body)) {
    on_message(channel.substr(5), at, body);
  }
}

void Company::heard_of(const std::string& room, const std::string& payload) {
  std::string server;
  std::set<std::string> users;
  try {
    const Json told = Json::parse(payload);
    told.at("server").get_to(server);
    told.at("users").get_to(users);
  } catch (const Json::exception&) {
    return;
  }
  on_present(room, server, std::move(users));
}

void Company::append(const std::string& room, Said said,
                     std::function<void(std::optional<Position>)> done) {
  work_->command(
      {"EVAL", kAppend, "5", key(room, "epoch"), key(room, "offset"), key(room, "said"),
       key(room, "log"), channel("room", room), new_epoch(),
       said.author + "\n" + said.sender, std::to_string(said.number), said.body,
       backlog_},
      [done = std::move(done)](const redisReply* reply) { done(position(reply)); });
}

void Company::history(const std::string& room, const Position& after,
                      std::function<void(std::optional<Stored>)> done) {
  work_->command(
      {"EVAL", kHistory, "3", key(room, "epoch"), key(room, "offset"), key(room, "log"),
       new_epoch(), after.epoch, std::to_string(after.offset)},
      [done = std::move(done)](const redisReply* reply) { done(stored(reply)); });
}

void Company::announce(const std::string& room, const std::set<std::string>& users) {
  const Json told{{"server", server_}, {"users", users}};
  work_->command({"PUBLISH", channel("present", room), told.dump()}, nullptr);
}

void Company::switch_relay(bool on) {
  relay_wanted_ = on;
  if (!on) relay_.reset(), listening_.clear();
  if (on && !relay_) connect_relay();
}

}  // namespace lab11
