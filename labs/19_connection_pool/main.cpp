// Lab 19: connection pooling
//
// Question  Why pool database connections, and how many?
// Watch     Past a few connections, more of them only make every query slower.
// Run       ./lab run 19        ./lab run 19 --live
// Needs     PostgreSQL: the lab starts its own.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab19;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "19",
                       .name = "connection_pool",
                       .question = "Why pool database connections, and how many?",
                       .watch = "Past a few connections, more of them make every query "
                                "slower, and the throughput hardly grows.",
                       .claims = kClaims});
  lab.scene("connect", "Connect for each request, or borrow a connection", connect);
  lab.scene("reuse", "A few connections serve many queries", reuse);
  lab.scene("waves", "More queries than connections", waves);
  lab.scene("transactions", "A transaction belongs to one connection", transactions);
  lab.scene("next-borrower", "What the next borrower gets", next_borrower);
  lab.scene("nested", "Asking for a second connection while holding one", nested);
  lab.scene("sizes", "How many connections?", sizes);
  lab.scene("too-many", "Each pool is modest, but their sum is not", too_many);
  lab.live(live);
  return lab.run();
}
