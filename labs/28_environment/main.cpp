// Lab 28: environment variables
//
// Question  What are environment variables for, and how do you manage them?
// Watch     One program file starts three times and behaves in three ways. Then another
//           process reads its password.
// Run       ./lab run 28        ./lab run 28 --scene file --port 80
// Needs     Nothing.

#include "claims.hpp"
#include "scenes/scenes.hpp"
#include "world/service.hpp"

using namespace lab28;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "28",
       .name = "environment",
       .question = "What are environment variables for, and how do you manage them?",
       .watch = "One program file starts three times and behaves in three ways. Then "
                "another process reads its password.",
       .claims = kClaims});
  lab.role("service", service);
  lab.scene("stages", "One build, three environments", stages);
  lab.scene("file", "A .env file, and who wins over it", file_and_shell);
  lab.scene("types", "Everything is text", types);
  lab.scene("secrets", "Who else can read a password", secrets);
  return lab.run();
}
