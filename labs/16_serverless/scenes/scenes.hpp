// scenes.hpp: what the lab shows, what a person may turn, and a function on the stage.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lab/core/program.hpp"
#include "lab/net/uv_http_server.hpp"
#include "serverless.hpp"

namespace lab16 {

using lab::Picture;
using lab::Story;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;
using namespace std::chrono_literals;

struct Knobs {
  lab::Program& program;
  lab::Knob<int> requests = program.knob("requests", 6, 2, 50, "requests",
                                         "how many requests arrive at the same time");
  lab::Knob<milliseconds> idle = program.knob<milliseconds>(
      "idle", 200ms, 50ms, 5s, "ms", "how long an instance without a request is kept");
  lab::Knob<int> modules = program.knob("modules", 700, 500, 3000, "modules",
                                        "how many modules the Node application loads");
};

void scaling(Story& story, const Knobs& knobs);   // scaling.cpp
void endpoint(Story& story, const Knobs& knobs);  // scaling.cpp
void upload(Story& story, const Knobs&);          // events.cpp
void frozen(Story& story, const Knobs& knobs);    // events.cpp
void cost(Story& story, const Knobs& knobs);      // cost.cpp

// Runs the loop until it is so, or until no machine would still need the time.
void until(lab::uv::Loop& loop, const std::function<bool()>& is_so);

// {"NAME": "VALUE"}. What comes from outside may hold any bytes.
std::string event(const char* name, const std::string& value);

// A function behind an HTTP gateway, each request one call; and it is drawn.
struct Stage {
  // Its instances are the lanes "NAME 1", "NAME 2", and they start in a folder of their own.
  Stage(lab::uv::Loop& loop, std::string name, Function function,
        HostOptions options = {});

  // Requests that arrive at the same time, and the bodies of the replies with 200.
  std::vector<Json> at_once(int count, const std::string& path = "/");
  Json call(const std::string& path = "/") { return at_once(1, path).at(0); }

  int attempts(const std::string& event) { return given[event]; }
  int processed(const std::string& what) const;  // how often the function did it

  lab::uv::Loop& loop;
  const std::filesystem::path work;
  std::map<std::string, int> given;
  Host host;
  lab::uv::HttpServer gateway;
  const std::uint16_t port = gateway.listen();
};

}  // namespace lab16
