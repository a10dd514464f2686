// Lab 29: deployment
//
// Question  How do you deploy?
// Watch     A new version replaces the old one under load. Six ways to shut down lose
//           between none and dozens of the requests.
// Run       ./lab run 29        ./lab run 29 --scene shutdown
// Needs     nginx, curl and the openssl command. Real containers take podman with runc.

#include "claims.hpp"
#include "scenes/scenes.hpp"
#include "world/app.hpp"

using namespace lab29;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "29",
                       .name = "deployment",
                       .question = "How do you deploy?",
                       .watch = "A new version replaces the old one under load, and "
                                "what is lost depends on how the app shuts down.",
                       .claims = kClaims});
  lab.role("app", app_main);
  lab.scene("pipeline", "A commit on its way to production", pipeline);
  lab.scene("containers", "The same program in a container", containers);
  lab.scene("manager", "A process manager", manager);
  lab.scene("proxy", "nginx in front of the app", proxy);
  lab.scene("balance", "Two copies of the app, and one dies", balance);
  lab.scene("shutdown", "Six ways to shut down under load", shutdown);
  lab.scene("rollout", "A rolling update, and one that never gets ready", rollout);
  lab.scene("keep-alive", "An idle connection that the app closes first", keep_alive);
  return lab.run();
}
