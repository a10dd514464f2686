#include "backplane.hpp"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <random>

namespace lab11 {

using Json = nlohmann::json;

namespace {

// Step 4: number, store and publish in one step, so that the order on the relay is the
// order of the numbers. A message that its author sends again is recognized by its number,
// and is neither stored nor published twice.
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

// Everything after an offset; all that there is if the offset is of another epoch.
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

// A script's answer that begins with an epoch and an offset; nullopt if the script failed.
std::optional<Position> position(const redisReply* reply) {
  if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements < 2) return {};
  return Position{text(reply->element[0]),
                  static_cast<std::uint64_t>(reply->element[1]->integer)};
}

std::optional<StoredBodies> stored(const redisReply* reply) {
  auto at = position(reply);
  if (!at || reply->elements < 3) return {};
  StoredBodies result{.position = std::move(*at)};
  const redisReply* entries = reply->element[2];
  for (std::size_t i = 0; i < entries->elements; ++i) {
    const redisReply* entry = entries->element[i];  // id, [field, value]
    result.bodies.emplace_back(std::stoull(text(entry->element[0])),
                               text(entry->element[1]->element[1]));
  }
  return result;
}

// What anybody may have published: only what every client understands goes on.
bool is_message(const std::string& body) {
  const Json message = Json::parse(body, nullptr, false);
  const auto has = [&](const char* key, auto is) {
    const auto value = message.find(key);
    return value != message.end() && is(*value);
  };
  const auto is_text = [](const Json& value) { return value.is_string(); };
  const auto is_whole = [](const Json& value) { return value.is_number_unsigned(); };
  return message.is_object() && has("from", is_text) && has("text", is_text) &&
         has("n", is_whole) && has("at", is_whole) && has("context", is_whole);
}

// A new one for each call: a store that lost its data must not get its old epoch back.
std::string new_epoch() {
  static std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

Backplane::Backplane(lab::uv::Loop& loop, BackplaneConfig config)
    : loop_(loop), config_(std::move(config)), store_again_(loop), relay_again_(loop) {
  connect_store();
  connect_relay();
}

Backplane::~Backplane() {
  store_.reset();  // what waits is answered now, while we are whole
  relay_.reset();
}

std::string Backplane::key(const std::string& room, const char* part) const {
  return config_.prefix + "room:" + room + ":" + part;
}

std::string Backplane::channel(const char* kind, const std::string& room) const {
  return config_.prefix + kind + ":" + room;
}

void Backplane::connect_store() {
  const auto down = [this](const std::string&) {
    store_again_.start(config_.reconnect_after, [this] { connect_store(); });
  };
  store_ = std::make_unique<lab::RedisLink>(
      loop_, config_.url, [] {}, down, config_.prefix + "store-" + config_.server);
}

void Backplane::connect_relay() {
  const auto up = [this] {
    for (const auto& room : wanted_) send_subscribe(room);
  };
  const auto down = [this](const std::string&) {
    relay_again_.start(config_.reconnect_after, [this] { connect_relay(); });
  };
  relay_ = std::make_unique<lab::RedisLink>(loop_, config_.url, up, down,
                                            config_.prefix + "relay-" + config_.server);
}

void Backplane::subscribe(const std::string& room) {
  const bool is_new = wanted_.insert(room).second;
  if (is_new && relay_->up()) send_subscribe(room);
}

// Step 5: a subscription ends with its connection, so subscribe again after every break.
// What was published in between is lost: on_subscribed is the moment to ask the store.
void Backplane::send_subscribe(const std::string& room) {
  const auto heard = [this, room](const redisReply* reply) {
    if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) return;
    const bool is_message = text(reply->element[0]) == "message";
    const bool of_present = text(reply->element[1]) == channel("present", room);
    if (is_message && of_present) return heard_present(room, text(reply->element[2]));
    if (is_message) return heard_message(room, text(reply->element[2]));
    if (!of_present) on_subscribed(room);
  };
  // One channel each: hiredis keeps an answer's data for each channel of a command.
  relay_->command({"SUBSCRIBE", channel("present", room)}, heard);
  relay_->command({"SUBSCRIBE", channel("room", room)}, heard);
}

// Anybody may publish on these channels, so anything else than "epoch offset body" is
// dropped. Nothing may be thrown here: the caller is hiredis, in C.
void Backplane::heard_message(const std::string& room, const std::string& payload) {
  const auto first = payload.find(' ');
  const auto second = payload.find(" {", first + 1);
  if (second == std::string::npos) return;
  Position at{payload.substr(0, first), 0};
  const char* const end = payload.data() + second;
  const auto [read, error] = std::from_chars(payload.data() + first + 1, end, at.offset);
  const std::string body = payload.substr(second + 1);
  if (error == std::errc() && read == end && is_message(body)) {
    on_message(room, at, body);
  }
}

void Backplane::heard_present(const std::string& room, const std::string& payload) {
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

void Backplane::append(const std::string& room, NewMessage message,
                       std::function<void(std::optional<Position>)> done) {
  store_->command(
      {"EVAL", kAppend, "5", key(room, "epoch"), key(room, "offset"), key(room, "said"),
       key(room, "log"), channel("room", room), new_epoch(),
       Json::array({message.author, message.window}).dump(),
       std::to_string(message.number), message.body, std::to_string(config_.history)},
      [done = std::move(done)](const redisReply* reply) { done(position(reply)); });
}

void Backplane::history(const std::string& room, const Position& after,
                        std::function<void(std::optional<StoredBodies>)> done) {
  store_->command(
      {"EVAL", kHistory, "3", key(room, "epoch"), key(room, "offset"), key(room, "log"),
       new_epoch(), after.epoch, std::to_string(after.offset)},
      [done = std::move(done)](const redisReply* reply) { done(stored(reply)); });
}

void Backplane::announce(const std::string& room, const std::set<std::string>& users) {
  const Json told{{"server", config_.server}, {"users", users}};
  store_->command({"PUBLISH", channel("present", room), told.dump()}, nullptr);
}

}  // namespace lab11
