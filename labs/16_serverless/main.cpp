// Lab 16: serverless
//
// Question  What is serverless, and does Node fit it?
// Watch     One instance is warm, and six requests come at once: five of them wait for a
//           cold start. Afterwards no process is left.
// Run       ./lab run 16        ./lab run 16 --scene cost --modules 1000
// Needs     libuv. Shows node, python3 and java too, where they are installed.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab16;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "16",
       .name = "serverless",
       .question = "What is serverless, and does Node fit it?",
       .watch = "One instance is warm, and six requests come at once: five "
                "of them wait for a cold start.",
       .claims = kClaims});
  lab.scene("scaling", "From no instance to many, and back to none", scaling);
  lab.scene("endpoint", "One request per instance at a time", endpoint);
  lab.scene("upload", "A file is uploaded, and the function crashes", upload);
  lab.scene("frozen", "Between two requests", frozen);
  lab.scene("cost", "What a cold start takes, and an idle instance keeps", cost);
  return lab.run();
}
