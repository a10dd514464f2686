// scenes.hpp: what the lab shows.
#pragma once

#include "lab/core/program.hpp"

namespace lab11 {

using lab::Story;

struct Knobs {
  lab::Program& program;
  lab::Knob<int> clients = program.knob("clients", 40, 4, 400, "",
                                        "how many people chat when a server is killed");
  lab::Knob<int> connections =
      program.knob("connections", 4000, 100, 20'000, "",
                   "how many connections the server holds open (scene many)");
};

// connection.cpp: what a WebSocket is, and how many one thread can serve
void duplex(Story& story, const Knobs& knobs);
void protocols(Story& story, const Knobs& knobs);
void many(Story& story, const Knobs& knobs);

// two_servers.cpp: what it takes to be one chat
void slow_reader(Story& story, const Knobs& knobs);
void relay(Story& story, const Knobs& knobs);
void presence(Story& story, const Knobs& knobs);
void live(Story& story, const Knobs& knobs);

// delivery.cpp: what gets lost on the way, and how it is found
void gap(Story& story, const Knobs& knobs);
void forgotten(Story& story, const Knobs& knobs);
void killed_server(Story& story, const Knobs& knobs);

// storage.cpp: where messages and users are kept
void write_rate(Story& story, const Knobs& knobs);
void sign_up(Story& story, const Knobs& knobs);

}  // namespace lab11
