// pipe.hpp: joins streams so that the slowest sets the pace.
//
//             bounds memory   passes on end   passes on errors   destroys the others
//   pipe      yes             yes             no                 no
//   pipeline  yes             yes             yes                yes, then calls back once
//
// Lifetime  The streams outlive the join; pipeline's callback tells when that is over.
// Source    readable.pipe() and stream.pipeline() of Node 20.
// Left out  unpipe() by hand, a sink that stays open after the end, AbortSignal, iterators.
#pragma once

#include <initializer_list>

#include "lab/stream/readable.hpp"
#include "lab/stream/transform.hpp"
#include "lab/stream/writable.hpp"

namespace lab {

// Writes all data of `source` to `sink`, pausing it while the sink says false. Several
// sinks on one source: it flows only while none of them waits for its drain.
// A sink that fails or closes is let go, and the source is paused if it was the only one.
void pipe(Readable& source, Writable& sink);

// pipe() from stage to stage. Whichever stage fails, or closes before it is complete,
// all others are destroyed with its error. `done` is called once, after every stage has
// closed: nothing is left open then.
void pipeline(Readable& source, std::initializer_list<Transform*> between, Writable& sink,
              Done done);

}  // namespace lab
