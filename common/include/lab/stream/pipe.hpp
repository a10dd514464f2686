// pipe.hpp: joins streams so that the slowest sets the pace.
//
//             bounds memory   passes on end   passes on errors   destroys the others
//   pipe      yes             yes             no                 no
//   pipeline  yes             yes             yes                yes, and calls back once
//
// Order     A stream may be in any state: opening, ended, failed, destroyed, closed. What
//           it has told before is not told again, and is known all the same.
// Lifetime  The streams outlive the join, and their on_close: pipeline() calls back once
//           nothing more can come of it, and a stage that failed may close after that.
// Source    readable.pipe(), stream.finished() and stream.pipeline() of Node 20.
// Left out  unpipe() by hand, the same pair joined twice, a sink that stays open after the
//           end, AbortSignal, iterators, and with them a Duplex that is never read as the
//           source of a pipeline.
#pragma once

#include <initializer_list>

#include "lab/stream/readable.hpp"
#include "lab/stream/transform.hpp"
#include "lab/stream/writable.hpp"

namespace lab {

// Writes all data of `source` to `sink`, pausing it while the sink says false. Several
// sinks on one source: it flows only while none of them waits for its drain.
// A sink that fails, finishes or closes is let go, and with the last one the source is
// paused, or its data would flow away unread.
void pipe(Readable& source, Writable& sink);

// Which directions of a stream are waited for; one that it does not have counts as done.
enum class Side { reads, writes, both };

// Calls `done` once: when the stream has ended or finished (and closed, if that is what it
// will do then), or with its error, or with premature_close().
void finished(Stream& stream, Side side, Done done);

// Closed without an error of its own, and before it was complete.
Error premature_close();

// pipe() from stage to stage. Whichever stage fails, or closes before it is complete,
// all others are destroyed with its error. `done` is called once; but, as in Node, never if
// the sink had finished before and the source still has data.
void pipeline(Readable& source, std::initializer_list<Transform*> between, Writable& sink,
              Done done);

}  // namespace lab
