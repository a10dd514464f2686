// streams.hpp: the four kinds of streams, and two transforms made of them.
//
//   Readable    a source:       push() fills its buffer, read() or `data` empties it
//   Writable    a destination:  write() fills its buffer, write_chunk() empties it
//   Duplex      both, with two independent buffers: a TCP socket
//   Transform   a Duplex whose output comes from its input: Gzip, Gunzip, Lines
//
// The kinds stand in common/include/lab/stream, because labs 04, 05 and 20 share them: read
// readable.hpp, then writable.hpp, duplex.hpp and transform.hpp there.
//
// Order     write() > transform() > data, then prefinish, end, finish, close.
// Threads   A stream belongs to the thread of its loop.
// Errors    A stream that fails emits `error` and `close`, and nothing after that.
// Source    Node 20's documentation of node:stream, and what node does (node.mjs).
#pragma once

#include "gzip.hpp"
#include "lab/stream/duplex.hpp"
#include "lab/stream/readable.hpp"
#include "lab/stream/transform.hpp"
#include "lab/stream/writable.hpp"
#include "lines.hpp"
