// Lab 11: real-time chat
//
// Question  Design a real-time chat.
// Watch     A relay loses messages without a word; offsets notice it, and close the gap.
// Run       ./lab run 11        ./lab run 11 --live
// Needs     redis-server and PostgreSQL: the lab starts its own.

#include "lab/program.hpp"
#include "scenes.hpp"
#include "world.hpp"

using namespace lab11;

int main(int argc, char** argv) {
  lab::Program lab(argc, argv,
                   {.number = "11",
                    .name = "chat",
                    .question = "Design a real-time chat.",
                    .watch = "A relay loses messages without a word; offsets notice it, "
                             "and close the gap."});
  const Dials dials{
      .clients = lab.knob("clients", 40, 2, 2000, "", "people who chat (fan-out, live)"),
      .rooms = lab.knob("rooms", 4, 1, 100, "", "rooms in which they do"),
      .rate = lab.knob("rate", 200, 1, 10'000, "", "messages a second, in all"),
      .connections =
          lab.knob("connections", 4000, 100, 20'000, "", "open at the same time (many)"),
  };
  const auto with_dials = [&](void (*play)(Story&, const Dials&)) {
    return [=](Story& story) { play(story, dials); };
  };

  lab.scene("duplex", "One connection, both directions", duplex);
  lab.scene("protocols", "socket.io is not WebSocket", protocols);
  lab.scene("many", "Many connections, one thread", with_dials(many));
  lab.scene("hostile", "What a hostile peer gets", hostile);
  lab.scene("alone", "Two servers, and nothing between them", alone);
  lab.scene("relay", "Two servers and a relay", relay);
  lab.scene("gap", "The relay is away for a moment", gap);
  lab.scene("broken-relay", "Under load, the relay breaks again and again", broken_relay);
  lab.scene("killed-server", "A server is killed", killed_server);
  lab.scene("forgotten", "The store forgets", forgotten);
  lab.scene("presence", "Who is here, after a crash", presence);
  lab.scene("fan-out", "One message, many readers", with_dials(fan_out));
  lab.scene("slow-reader", "A reader who does not read", slow_reader);
  lab.scene("write-rate", "Where messages are kept", write_rate);
  lab.scene("sign-up", "Two people, one name", sign_up);

  lab.role("server", serve);
  lab.role("threads", serve_with_threads);
  lab.live(with_dials(live));
  return lab.run();
}
