// proxy.hpp: a proxy of three stages, one of which fails.
//
//   server --- socket ---> source -> stage -> sink --- socket ---> client
//
// The source fails because the server resets its connection, the sink because the client
// does, the stage because it cannot understand its second chunk.
#pragma once

#include "world/transfer.hpp"

namespace lab05 {

enum class Failing { source, stage, sink };
std::string_view name(Failing failing);

struct Aftermath {
  bool source_destroyed = false;
  bool stage_destroyed = false;
  bool sink_destroyed = false;
  int descriptors_open = 0;     // of the proxy's two
  bool client_saw_end = false;  // false: it waits for ever
  int callbacks = 0;            // calls of pipeline()'s callback
  std::string reported;         // the error that it was given
};

// REQUIRES: way is pipe or pipeline.
Aftermath fail_one_stage(Way way, Failing failing);

}  // namespace lab05
