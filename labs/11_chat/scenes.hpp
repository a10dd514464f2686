// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include "lab/knob.hpp"
#include "lab/story.hpp"

namespace lab11 {

using lab::Knob;
using lab::Story;

struct Dials {
  Knob<int> clients;
  Knob<int> rooms;
  Knob<int> rate;         // messages a second, in all
  Knob<int> connections;  // of the scene with many
};

// connections.cpp: what a WebSocket is, and many of them
void duplex(Story& story);
void protocols(Story& story);
void many(Story& story, const Dials& dials);
void hostile(Story& story);

// delivery.cpp: several servers, and what gets lost between them
void alone(Story& story);
void relay(Story& story);
void gap(Story& story);
void broken_relay(Story& story);
void killed_server(Story& story);
void forgotten(Story& story);
void presence(Story& story);

// load.cpp: many readers, and slow ones
void fan_out(Story& story, const Dials& dials);
void slow_reader(Story& story);
void live(Story& story, const Dials& dials);

// stores.cpp: where messages and users are kept
void write_rate(Story& story);
void sign_up(Story& story);

}  // namespace lab11
