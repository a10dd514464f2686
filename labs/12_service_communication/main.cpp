// Lab 12: communication between services
//
// Question  How do services talk to one another?
// Watch     A consumer is killed between its work and its acknowledgement.
// Run       ./lab run 12
// Needs     RabbitMQ and Redis, of which the lab starts its own; Kafka's protocol comes from
//           librdkafka's mock cluster, SQS is a model.
//           $LAB_KAFKA_BROKERS and $LAB_SQS_URL name real ones.

#include "claims.hpp"
#include "scenes/scenes.hpp"
#include "world/payments.hpp"

using namespace lab12;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(argc, argv,
                      {.number = "12",
                       .name = "service_communication",
                       .question = "How do services talk to one another?",
                       .watch = "A consumer is killed between its work and its "
                                "acknowledgement, so the order comes again.",
                       .claims = kClaims});
  lab.role("payments", payments_main);
  lab.scene("chain", "HTTP: a chain of four services", chain);
  lab.scene("deadline", "A deadline that travels with the call", deadline);
  lab.scene("connection", "50 calls at once: HTTP and gRPC", connection);
  lab.scene("down", "The consumer is down", consumer_down);
  lab.scene("burst", "A burst of orders", burst);
  lab.scene("crash", "A consumer is killed", crash);
  lab.scene("visibility", "A message is hidden for a while, as in SQS", visibility);
  lab.scene("log", "Two readers of one log, as in Kafka", two_readers);
  lab.scene("fan-out", "One event, many listeners", fan_out);
  return lab.run();
}
