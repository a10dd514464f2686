// Lab 20: file uploads
//
// Question  How do you take file uploads?
// Watch     400 MiB pass through a server whose memory does not grow with them.
// Run       ./lab run 20
// Needs     nginx and curl. S3 is a small server of this lab, or the one that $LAB_S3_URL names.

#include "claims.hpp"
#include "scenes/scenes.hpp"
#include "world/instance.hpp"

using namespace lab20;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "20",
       .name = "uploads",
       .question = "How do you take file uploads?",
       .watch = "A file of 400 MiB passes through a server, whose memory does not "
                "grow with it.",
       .claims = kClaims});
  lab.role("instance", instance_main);
  lab.scene("encoding", "What multipart costs, and where it may be cut", encoding);
  lab.scene("memory", "In memory, or in a temporary file", memory_or_disk);
  lab.scene("claims", "What a client says, and what is true", client_claims);
  lab.scene("instances", "Two instances behind nginx", two_instances);
  lab.scene("stream", "Into storage that is slower than the client", stream);
  lab.scene("vanish", "The client vanishes", vanish);
  return lab.run();
}
