#include "world/visibility_queue.hpp"

namespace lab12 {

namespace {

// Redis runs a script as one transaction.
constexpr const char* kReceive = R"(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id = redis.call('ZRANGEBYSCORE', KEYS[1], 0, now, 'LIMIT', 0, 1)[1]
if not id then return '' end
redis.call('ZADD', KEYS[1], now + ARGV[1], id)
return redis.call('HINCRBY', KEYS[2], id, 1) .. ' ' .. id)";

constexpr const char* kRemove = R"(
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1]))";

}  // namespace

void VisibilityQueue::send(const std::string& id) {
  redis_.command({"ZADD", due_, "0", id});
}

std::optional<Message> VisibilityQueue::receive(std::chrono::milliseconds hidden_for) {
  const std::string got = redis_.command(
      {"EVAL", kReceive, "2", due_, receives_, std::to_string(hidden_for.count())});
  if (got.empty()) return std::nullopt;
  return Message{.id = got.substr(got.find(' ') + 1), .attempt = std::stoi(got)};
}

bool VisibilityQueue::remove(const Message& received) {
  return redis_.command({"EVAL", kRemove, "2", due_, receives_, received.id,
                         std::to_string(received.attempt)}) == "1";
}

}  // namespace lab12
