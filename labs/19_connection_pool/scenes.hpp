// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include "lab/knob.hpp"
#include "lab/postgres_server.hpp"
#include "lab/story.hpp"
#include "lab/trace.hpp"
#include "postgres_connection.hpp"

namespace lab19 {

using lab::Knob;
using lab::Story;

// The PostgreSQL of all scenes: started by the first that asks, gone with the lab.
lab::PostgresServer& server();

// Draws the pool's slots and its line from now on.
inline void draw(Pool& pool) {
  pool.on_change([](const Stats& now) {
    const auto gauge = [](const char* name, std::size_t value) {
      lab::trace::counter(name, static_cast<double>(value), {.lane = "pool"});
    };
    gauge("lent", now.lent);
    gauge("idle", now.idle);
    gauge("waiting", now.waiting);
  });
}

struct Dials {
  Knob<int> size;     // live: of the pool
  Knob<int> clients;  // live: threads that want a connection
  Knob<int> work;     // rows that one query counts: CPU time in the server
  Knob<std::chrono::milliseconds> pause;  // live: of each client after a query
};

// reuse.cpp
void connect_or_borrow(Story& story, const Dials& dials);
void reuse(Story& story, const Dials& dials);
void transactions(Story& story, const Dials& dials);
void defaults(Story& story, const Dials& dials);

// sizing.cpp
void waves(Story& story, const Dials& dials);
void sizes(Story& story, const Dials& dials);
void too_many(Story& story, const Dials& dials);
void live(Story& story, const Dials& dials);

// mistakes.cpp
void leak(Story& story, const Dials& dials);
void nested(Story& story, const Dials& dials);
void killed(Story& story, const Dials& dials);
void dirty(Story& story, const Dials& dials);
void drain(Story& story, const Dials& dials);

}  // namespace lab19
