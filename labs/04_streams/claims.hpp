// claims.hpp: what the lab proves, each sentence once.
#pragma once

#include "lab/core/story.hpp"

namespace lab04 {

inline constexpr lab::Claim kClaims[] = {
    {"04.1", "A stream moves data in chunks, one after another."},
    {"04.2", "Memory use stays low because the whole is never loaded at once."},
    {"04.3", "A Readable is a source of data, such as a file's read stream."},
    {"04.4", "A Writable is a destination for data, such as a file's write stream."},
    {"04.5", "A Duplex carries data in both directions, such as a TCP socket."},
    {"04.6",
     "A Transform is a Duplex whose output is computed from its input, such as gzip."},
};

}  // namespace lab04
