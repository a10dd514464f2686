#include "lab/db/redis.hpp"

#include <hiredis/hiredis.h>

#include <charconv>
#include <csignal>
#include <string_view>

#include "lab/core/error.hpp"

namespace lab {

namespace {

constexpr std::string_view kTcp = "redis://";
constexpr std::string_view kUnix = "unix://";

[[noreturn]] void refuse() {
  throw Error("address of Redis", "not redis://host:port and not unix:///path");
}

int number(std::string_view text, int most) {
  int value = -1;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) refuse();
  if (value < 0 || value > most) refuse();
  return value;
}

// Cuts what stands before the separator off the front of `text`, if it is there.
std::string_view cut(std::string_view& text, std::size_t at) {
  if (at == std::string_view::npos) return {};
  const std::string_view front = text.substr(0, at);
  text.remove_prefix(at + 1);
  return front;
}

RedisAddress tcp(std::string_view text) {
  RedisAddress address;
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view database = text.substr(slash + 1);
    if (!database.empty()) address.database = number(database, 1 << 16);
    text = text.substr(0, slash);
  }
  std::string_view who = cut(text, text.rfind('@'));
  address.user = cut(who, who.find(':'));
  address.password = who;
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    address.port = number(text.substr(colon + 1), 65535);
    text = text.substr(0, colon);
  }
  address.host = text;
  if (address.host.empty() || address.port == 0) refuse();
  return address;
}

std::string text_of(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_INTEGER) return std::to_string(reply.integer);
  std::string text(reply.str ? reply.str : "",
                   reply.str ? static_cast<std::size_t>(reply.len) : 0);
  for (std::size_t i = 0; i < reply.elements; ++i)
    text += (i ? "\n" : "") + text_of(*reply.element[i]);
  return text;
}

timeval to_timeval(std::chrono::milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
}

}  // namespace

RedisAddress RedisAddress::parse(const std::string& url) {
  if (url.starts_with(kTcp)) return tcp(std::string_view(url).substr(kTcp.size()));
  if (!url.starts_with(kUnix)) refuse();
  RedisAddress address{.socket = url.substr(kUnix.size())};
  if (!address.socket.starts_with('/')) refuse();
  return address;
}

Redis::Redis(const std::string& url, std::chrono::milliseconds patience)
    : context_(nullptr, redisFree) {
  std::signal(SIGPIPE, SIG_IGN);  // a server that has gone is an Error, not the end
  const RedisAddress at = RedisAddress::parse(url);
  const timeval time = to_timeval(patience);
  const bool local = !at.socket.empty();
  const std::string where = "connect to Redis at " +
                            (local ? at.socket : at.host + ":" + std::to_string(at.port));
  context_.reset(local ? redisConnectUnixWithTimeout(at.socket.c_str(), time)
                       : redisConnectWithTimeout(at.host.c_str(), at.port, time));
  if (!context_) throw Error(where, "out of memory");
  if (context_->err) throw Error(where, context_->errstr);
  redisSetTimeout(context_.get(), time);
  try {
    if (!at.user.empty()) command({"AUTH", at.user, at.password});
    if (at.user.empty() && !at.password.empty()) command({"AUTH", at.password});
    if (at.database) command({"SELECT", std::to_string(at.database)});
    if (command({"PING"}) != "PONG") throw Error("PING", "the answer is not PONG");
  } catch (const Error& error) {
    throw Error(where, error.what());
  }
}

std::string Redis::command(const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  const std::unique_ptr<void, void (*)(void*)> answer(
      redisCommandArgv(context_.get(), static_cast<int>(words.size()), texts.data(),
                       sizes.data()),
      freeReplyObject);
  const auto* reply = static_cast<const redisReply*>(answer.get());
  // Only the command's name: there may be a password among the words.
  if (!reply) throw Error(words[0], context_->errstr);
  if (reply->type == REDIS_REPLY_ERROR) throw Error(words[0], text_of(*reply));
  return text_of(*reply);
}

}  // namespace lab
