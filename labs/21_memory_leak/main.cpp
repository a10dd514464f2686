// Lab 21: memory leaks
//
// Question  How do you find a memory leak?
// Watch     Memory rises in eight services, and five of them leak. Resident memory alone
//           cannot tell which. Growth after a warm-up, and who reaches it, can.
// Run       ./lab run 21        ./lab run 21 --scene doctor
// Needs     libuv. As root, and with cgroup v1, the kernel kills a real container.

#include "claims.hpp"
#include "scenes/scenes.hpp"
#include "world/processes.hpp"

using namespace lab21;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "21",
                       .name = "memory_leak",
                       .question = "How do you find a memory leak?",
                       .watch = "Memory rises in eight services. A diagnosis tells the "
                                "five that leak from the other three.",
                       .claims = kClaims});
  lab.scene("symptom", "Memory rises in four services", symptom);
  lab.scene("snapshot", "Where live memory was allocated", snapshot);
  lab.scene("three", "One snapshot, two, three", three);
  lab.scene("port", "A debug port on loopback", port);
  lab.scene("doctor", "Eight services and a diagnosis", doctor);
  lab.scene("deaths", "How the process dies", deaths);
  lab.role("service", service_main);
  lab.role("mortal", mortal_main);
  return lab.run();
}
