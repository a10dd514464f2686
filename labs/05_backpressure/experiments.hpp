// experiments.hpp: two experiments with joined streams.
//
// Transfer: one fast source, one slow reader, a real socket between them, and a choice of
// what is done with the answer of write().
//
//   ignore    nothing: every chunk is written as soon as it is there
//   hasty     paused on false, but resumed on the next tick of time, drain or no drain
//   by_hand   paused on false, resumed on drain
//   pipe      pipe() does that
//   pipeline  pipeline() does that, and looks after errors
//
// Failure: a proxy of three stages, one of which fails.
//
//   server --- socket ---> source -> stage -> sink --- socket ---> client
//
// Server and client are the processes at the other ends. The source fails because the
// server resets its connection, the sink because the client does, the stage because it
// cannot understand its second chunk.
#pragma once

#include <vector>

#include "world.hpp"

namespace lab05 {

enum class Way { ignore, hasty, by_hand, pipe, pipeline };
std::string_view name(Way way);

// Writes all of `source` to `sink`, in one of the ways.
void carry(Way way, Readable& source, Writable& sink);

// What one transfer did. Each pause tells the queue's length at that moment.
struct Record {
  std::size_t chunks = 0;
  std::size_t refusals = 0;  // write() answered false
  std::size_t drains = 0;
  std::size_t resumes = 0;  // the first one starts the source
  std::vector<std::size_t> pauses;
  std::size_t unfounded_resumes = 0;  // after a pause, without a drain in between
  std::size_t peak = 0;               // the longest queue
  std::size_t received = 0;           // by the reader
  std::size_t milliseconds = 0;
};

using OnTick = std::function<void(const World&)>;

// Runs the plan in one of the ways, to its end. `wire` may add listeners of its own.
Record run_transfer(Way way, const Plan& plan, const OnTick& on_tick = {},
                    const std::function<void(World&)>& wire = {});

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
