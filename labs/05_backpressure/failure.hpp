// failure.hpp: the experiment: a proxy of three stages, one of which fails.
//
//   server --- socket ---> source -> stage -> sink --- socket ---> client
//
// Server and client are the processes at the other ends. The source fails because the
// server resets its connection, the sink because the client does, the stage because it
// cannot understand its second chunk.
#pragma once

#include <string>
#include <string_view>

namespace lab05 {

enum class Join { pipe, pipeline };
enum class Failing { source, stage, sink };

std::string_view name(Join join);
std::string_view name(Failing failing);

struct Aftermath {
  bool source_destroyed = false;
  bool stage_destroyed = false;
  bool sink_destroyed = false;
  int descriptors_open = 0;     // of the proxy's two
  bool client_saw_end = false;  // or waits for ever
  int calls = 0;                // of pipeline's callback
  std::string told;             // by that callback
};

Aftermath run_failure(Join join, Failing failing);

}  // namespace lab05
