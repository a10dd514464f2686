// Lab 15: securing an API
//
// Question  How do you secure an API?
// Watch     The same attacks on two APIs: one was written in a hurry, one has guards.
// Run       ./lab run 15        ./lab run 15 --scene limits --limit 10
// Needs     Redis for the shared limit, libmongoc's matcher, OpenSSL.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab15;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "15",
       .name = "api_security",
       .question = "How do you secure an API?",
       .watch =
           "Watch the same attacks on two APIs: one has no guards, and one has guards.",
       .claims = kClaims});
  lab.scene("attacks", "Bad input to two APIs", attacks);
  lab.scene("headers", "Security headers alone", headers);
  lab.scene("limits", "Guessing a password", limits);
  lab.scene("flood", "A flood from many addresses", flood);
  lab.scene("tokens", "What a token proves, and what it does not", tokens);
  lab.scene("code-flow", "A stolen code", code_flow);
  lab.scene("foreign-pages", "A page of another origin", foreign_pages);
  return lab.run();
}
