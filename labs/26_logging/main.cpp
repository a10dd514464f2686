// Lab 26: logging in production
//
// Question  How do you log in production?
// Watch     A terminal that nobody reads stops the program. Then a process is killed, and
//           the lines that it had only queued are gone.
// Run       ./lab run 26        ./lab run 26 --scene queue --queue 4KiB
// Needs     Nothing. Pipes, terminals and log files are real.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab26;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "26",
                       .name = "logging",
                       .question = "How do you log in production?",
                       .watch = "A terminal that nobody reads stops the program. Then a "
                                "process is killed, and the lines that it had only "
                                "queued are gone.",
                       .claims = kClaims});
  lab.role("victim", victim);
  lab.scene("blocking", "Nobody reads the log: who has to wait", blocking);
  lab.scene("structure", "A line that a program can read", structure);
  lab.scene("replaced", "Bunyan goes, the query stays", replaced);
  lab.scene("levels", "Levels, destinations, rotation", levels);
  lab.scene("queue", "The queue is full", full_queue);
  lab.scene("endings", "Which lines survive", endings);
  return lab.run();
}
