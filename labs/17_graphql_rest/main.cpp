// Lab 17: GraphQL or REST
//
// Question  GraphQL or REST?
// Watch     One GraphQL request replaces 11 of REST. Behind it, the database still gets 11
//           queries, until a loader batches them into 2.
// Run       ./lab run 17
// Needs     PostgreSQL: the lab starts its own.

#include "claims.hpp"
#include "scenes/scenes.hpp"

using namespace lab17;

int main(int argc, char** argv) {
  lab::Lab<Knobs> lab(
      argc, argv,
      {.number = "17",
       .name = "graphql_rest",
       .question = "GraphQL or REST?",
       .watch = "One GraphQL request replaces 11 REST requests. Behind it, "
                "the database still gets 11 queries; with a loader, 2.",
       .claims = kClaims});
  lab.scene("trips", "One screen, four ways", trips);
  lab.scene("bytes", "Bytes that the screen uses", bytes);
  lab.scene("shapes", "Many clients, one endpoint", shapes);
  lab.scene("failing", "One field fails", failing);
  lab.scene("hostile", "Small queries, enormous responses", hostile);
  return lab.run();
}
