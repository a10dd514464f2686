#include "places.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <sstream>

#include "lab/error.hpp"

namespace lab11 {

RedisPlace::RedisPlace() : connection_(server_.url()) {
  static int count = 0;
  prefix_ = fmt::format("lab11:{}:{}:", getpid(), ++count);
}

RedisPlace::~RedisPlace() {
  if (server_.ours()) return;  // it goes with all that is in it
  try {
    forget();
  } catch (const lab::Error&) {  // gone before us
  }
}

long RedisPlace::listeners(const std::string& room) {
  return std::stol(
      connection_.command({"EVAL", "return redis.call('PUBSUB', 'NUMSUB', ARGV[1])[2]",
                           "0", prefix_ + "room:" + room}));
}

long RedisPlace::publish(const std::string& room, const std::string& text) {
  return std::stol(connection_.command({"PUBLISH", prefix_ + "room:" + room, text}));
}

int RedisPlace::cut(const std::string& part) {
  std::istringstream list(connection_.command({"CLIENT", "LIST"}));
  int killed = 0;
  for (std::string line; std::getline(list, line);) {
    if (line.find(" name=" + prefix_ + part + " ") == std::string::npos) continue;
    const std::string id = line.substr(3, line.find(' ') - 3);
    killed += connection_.command({"CLIENT", "KILL", "ID", id}) == "1";
  }
  return killed;
}

void RedisPlace::forget() {
  connection_.command({"EVAL",
                       "for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do "
                       "redis.call('DEL', key) end return 0",
                       "0", prefix_});
}

}  // namespace lab11
