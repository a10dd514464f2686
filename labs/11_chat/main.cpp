// Lab 11: real-time chat
//
// Question  Design a real-time chat.
// Watch     A relay loses messages without telling anybody. Numbers reveal the gap.
// Run       ./lab run 11        ./lab run 11 --live
// Needs     redis-server and PostgreSQL: the lab starts its own.

#include "claims.hpp"
#include "lab/core/program.hpp"
#include "scenes/scenes.hpp"
#include "world/server_process.hpp"

using namespace lab11;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "11",
                       .name = "chat",
                       .question = "Design a real-time chat.",
                       .watch = "Watch a relay lose messages silently. Numbers reveal "
                                "the gap, and a store closes it.",
                       .claims = kClaims});
  lab.scene("duplex", "One connection, both directions", duplex);
  lab.scene("protocols", "socket.io is not WebSocket", protocols);
  lab.scene("many", "Many connections, one thread", many);
  lab.scene("slow-reader", "A reader that stops reading", slow_reader);
  lab.scene("relay", "Two servers, without a relay and with one", relay);
  lab.scene("presence", "Who is online after a crash", presence);
  lab.scene("gap", "The relay is away for a moment", gap);
  lab.scene("forgotten", "The store loses its data", forgotten);
  lab.scene("killed-server", "A server is killed", killed_server);
  lab.scene("write-rate", "How fast messages are stored", write_rate);
  lab.scene("sign-up", "Two people sign up with one name", sign_up);
  lab.role("server", serve);
  lab.live(live);
  return lab.run();
}
