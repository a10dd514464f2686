// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include <string>
#include <string_view>

#include "lab/core/program.hpp"
#include "lab/db/postgres_server.hpp"
#include "lab/db/redis_server.hpp"
#include "world/instance.hpp"

namespace lab18 {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

struct Knobs {
  lab::Program& program;
  lab::Knob<int> entries = program.knob("entries", 1000, 1, 1'000'000, "entries",
                                        "how many entries the cache may hold");
  lab::Knob<int> callers =
      program.knob("callers", 50, 2, 500, "callers",
                   "how many callers miss the same key at the same time");
  lab::Knob<milliseconds> load = program.knob<milliseconds>(
      "load", 10ms, 1ms, 1s, "ms", "how long the database takes for a popular product");
  lab::Knob<int> products =
      program.knob("products", 10'000, 1, 1'000'000, "products",
                   "how many products the live scene asks for, some far more often");
};

// The Redis and the PostgreSQL of all scenes: started by the first that asks.
lab::RedisServer& redis();
lab::PostgresServer& postgres();
std::string prefix();  // for a scene's keys in Redis, new each time

// A message in the picture, at the moment when it is sent.
void arrow(std::string_view from, std::string_view to, std::string_view what,
           lab::Where where = lab::Where::here());

void hits(lab::Story& story, const Knobs& knobs);
void restart(lab::Story& story, const Knobs& knobs);
void instances(lab::Story& story, const Knobs& knobs);
void strategies(lab::Story& story, const Knobs& knobs);
void late_fill(lab::Story& story, const Knobs& knobs);
void stampede(lab::Story& story, const Knobs& knobs);
void etag(lab::Story& story, const Knobs& knobs);
void max_age(lab::Story& story, const Knobs& knobs);
void live(lab::Story& story, const Knobs& knobs);

}  // namespace lab18
