// Lab 19: connection pooling
//
// Question  Why pool database connections, and how many?
// Watch     Past a few connections, more of them make every query slower, and the sum hardly faster.
// Run       ./lab run 19        ./lab run 19 --live
// Needs     PostgreSQL: the lab starts its own.

#include "lab/program.hpp"
#include "scenes.hpp"

using namespace lab19;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  lab::Program lab(argc, argv,
                   {.number = "19",
                    .name = "connection_pool",
                    .question = "Why pool database connections, and how many?",
                    .watch = "Past a few connections, more of them make every query "
                             "slower, and the sum hardly faster."});
  const Dials dials{
      .size = lab.knob("size", 4, 1, 64, "", "live: connections in the pool"),
      .clients = lab.knob("clients", 16, 0, 64, "", "live: threads that want one"),
      .work = lab.knob("work", 5000, 1, 1'000'000, "rows",
                       "what one query counts: CPU time in the server"),
      .pause = lab.knob<std::chrono::milliseconds>("pause", 5ms, 1ms, 1s, "ms",
                                                   "live: of a client after a query"),
  };
  const auto scene = [&](const char* name, const char* title,
                         void (*play)(Story&, const Dials&)) {
    lab.scene(name, title, [=](Story& story) { play(story, dials); });
  };

  scene("connect", "A connection for each request, or a borrowed one", connect_or_borrow);
  scene("reuse", "Who answered?", reuse);
  scene("transactions", "A transaction belongs to one connection", transactions);
  scene("defaults", "A driver that pools by itself", defaults);
  scene("waves", "More queries than connections", waves);
  scene("sizes", "How many?", sizes);
  scene("too-many", "Each pool is modest, their sum is not", too_many);
  scene("leak", "Lent and forgotten", leak);
  scene("nested", "Asking for a second one while holding the first", nested);
  scene("killed", "The server hangs up", killed);
  scene("dirty", "What the last borrower left behind", dirty);
  scene("drain", "The way out", drain);
  lab.live([=](Story& story) { live(story, dials); });
  return lab.run();
}
