// Lab 10: middleware
//
// Question  What is middleware?
// Watch     next() is a call: the code after it runs on the way back.
// Run       ./lab run 10
// Needs     Nothing. Requests are real HTTP to a server of this lab.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab10;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "10",
                       .name = "middleware",
                       .question = "What is middleware?",
                       .watch = "Watch the code after next() run on the way back.",
                       .claims = kClaims});
  lab.scene("parts", "What a middleware gets, and what it may do", parts);
  lab.scene("order", "In through next(), and back out again", order);
  lab.scene("choices", "Reply, call next(), or neither", choices);
  lab.scene("errors", "Where errors go", errors);
  return lab.run();
}
