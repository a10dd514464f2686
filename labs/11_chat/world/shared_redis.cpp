#include "world/shared_redis.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <sstream>

#include "lab/core/error.hpp"

namespace lab11 {

SharedRedis::SharedRedis() {
  static int count = 0;
  prefix_ = fmt::format("lab11:{}:{}:", getpid(), ++count);
}

SharedRedis::~SharedRedis() {
  if (server_.ours()) return;  // its data goes with it
  try {
    lose_data();
  } catch (const lab::Error&) {  // it went before us
  }
}

std::string SharedRedis::ask(const std::vector<std::string>& words) try {
  return connection_.command(words);
} catch (const lab::Error& error) {
  throw lab::Error("ask Redis", error.what());
}

long SharedRedis::subscribers(const std::string& room) {
  return std::stol(ask({"EVAL", "return redis.call('PUBSUB', 'NUMSUB', ARGV[1])[2]", "0",
                        prefix_ + "room:" + room}));
}

long SharedRedis::publish(const std::string& room, const std::string& text) {
  return std::stol(ask({"PUBLISH", prefix_ + "room:" + room, text}));
}

int SharedRedis::cut(const std::string& name) {
  std::istringstream list(ask({"CLIENT", "LIST"}));
  int killed = 0;
  for (std::string line; std::getline(list, line);) {  // id=7 addr=... name=... ...
    if (line.find(" name=" + prefix_ + name + " ") == std::string::npos) continue;
    const std::string id = line.substr(3, line.find(' ') - 3);
    killed += ask({"CLIENT", "KILL", "ID", id}) == "1";
  }
  return killed;
}

void SharedRedis::lose_data() {
  ask({"EVAL",
       "for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do "
       "redis.call('DEL', key) end return 0",
       "0", prefix_});
}

}  // namespace lab11
