// backpressure.hpp: how a source is held back to the pace of its sink.
//
//   flowing -- write() returns false: the queue is at the high-water mark --> paused
//   paused  -- drain: the queue is empty -----------------------------------> flowing
//
//              pauses on false   waits for drain   ends all when one fails
//   ignore     no                -                 no
//   hasty      yes               no                no
//   by_hand    yes               yes               no
//   pipe       yes               yes               no
//   pipeline   yes               yes               yes
//
// Units     Bytes, as counted by Writable::writable_length().
// Threads   One: the loop's.
// Lifetime  Source and sink outlive the join, and so does what the observer refers to.
// Errors    Only pipeline() passes an error on. With every other way, the stream that did
//           not fail stays open.
// Cost      One branch for each chunk; see bench/ for a whole relay.
// Source    Node's guide "Backpressuring in Streams"; pipe() and pipeline() mirror
//           readable.pipe() and stream.pipeline() (lab/stream/pipe.hpp).
// Left out  Sources that cannot pause (UDP, a mouse): there one must drop or sample.
#pragma once

#include <functional>
#include <string_view>

#include "lab/core/where.hpp"
#include "lab/stream/pipe.hpp"

namespace lab05 {

using lab::Chunk;
using lab::Readable;
using lab::Writable;

// Step 1: five ways to carry a source's bytes to a sink. They differ only in what they do
// when write() returns false. That return value is the whole signal.
enum class Way { ignore, hasty, by_hand, pipe, pipeline };
std::string_view name(Way way);

// Told by the pump by hand, with the line that decided.
struct PumpObserver {
  std::function<void(std::size_t queued, lab::Where decided)> on_pause;
  std::function<void(lab::Where decided)> on_resume;  // because the sink has drained
};

// Carries all of `source` to `sink`, and ends the sink when the source ends.
void carry(Way way, Readable& source, Writable& sink, const PumpObserver& observer = {});

}  // namespace lab05
