// stage.hpp: a host that a scene can wait for, and that is drawn.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "serverless.hpp"

namespace lab16 {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

// Runs the loop until it is so; false if it is not after a time that no machine needs.
bool until(lab::uv::Loop& loop, const std::function<bool()>& is_so);
void pause(lab::uv::Loop& loop, milliseconds time);

class Stage {
 public:
  // Its instances are the lanes "NAME 1", "NAME 2", and their $WORK is a folder of their own.
  Stage(lab::uv::Loop& loop, std::string name, Function function,
        HostOptions options = {});

  Host& host() { return host_; }
  pid_t pid() const { return pid_; }  // of the instance that was started last

  Json call(const std::string& event = "{}");
  std::vector<Json> at_once(int count, const std::string& event);

  int calls(const std::string& event) const;     // how often instances were given it
  int processed(const std::string& what) const;  // how often they did it
  const std::filesystem::path& work() const { return work_; }

 private:
  HostObservers drawn();

  lab::uv::Loop& loop_;
  const std::string name_;
  const std::filesystem::path work_;
  std::map<std::string, int> calls_;
  pid_t pid_ = 0;
  Host host_;
};

}  // namespace lab16
