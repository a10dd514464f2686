// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "lab/core/program.hpp"
#include "lab/db/postgres_server.hpp"
#include "postgres_connection.hpp"

namespace lab19 {

using namespace std::chrono_literals;

struct Knobs {
  lab::Program& program;
  lab::Knob<int> size = program.knob("size", 4, 1, 64, "connections",
                                     "how many connections the live pool holds");
  lab::Knob<int> clients = program.knob("clients", 16, 0, 64, "threads",
                                        "how many live clients want a connection");
  lab::Knob<int> work =
      program.knob("work", 5000, 1, 1'000'000, "rows",
                   "how many rows a query counts, which takes CPU time in the server");

  std::string query() const;  // that much work
};

// The PostgreSQL of all scenes: started by the first that asks, gone with the lab.
lab::PostgresServer& server();

// Draws the pool's slots and its queue from now on.
void draw(ConnectionPool& pool, std::size_t size);

// The same of a pool that lends thousands of times a second: what it looks like a few times
// a second. It must outlive the pools that it follows.
class SampledDrawing {
 public:
  void follow(ConnectionPool& pool, std::size_t size);  // and no longer the one before
  void sample();                                        // draws what has changed

 private:
  void take(const Event& event);

  std::mutex mutex_;
  int followed_ = 0;
  std::map<std::size_t, std::string_view> slots_, drawn_slots_;
  std::set<std::size_t> waiting_;
  std::map<std::size_t, lab::EventId> drawn_waiting_;
};

void connect(lab::Story& story, const Knobs& knobs);
void reuse(lab::Story& story, const Knobs& knobs);
void waves(lab::Story& story, const Knobs& knobs);
void transactions(lab::Story& story, const Knobs& knobs);
void next_borrower(lab::Story& story, const Knobs& knobs);
void nested(lab::Story& story, const Knobs& knobs);
void sizes(lab::Story& story, const Knobs& knobs);
void too_many(lab::Story& story, const Knobs& knobs);
void live(lab::Story& story, const Knobs& knobs);

}  // namespace lab19
