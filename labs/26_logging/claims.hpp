// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab26 {

inline constexpr lab::Claim kClaims[] = {
    {"26.1",
     "console.log writes to a file or a terminal synchronously, so a terminal that "
     "nobody reads stops the program; to a pipe it queues in memory."},
    {"26.2",
     "Plain text has no structure: a newline in a user's name forges a line, while JSON "
     "gives back every field as it was logged."},
    {"26.3",
     "A logger such as Winston sends lines to several destinations, each with its own "
     "level, and loses what is still queued when the process exits without a flush."},
    {"26.4",
     "Bunyan is no longer maintained, but it is cheap to replace: Pino writes similar "
     "JSON lines with the same numeric levels, so your queries keep working."},
    {"26.5",
     "A logger such as Pino can write asynchronously: a call only fills a bounded queue, "
     "and what is in it when the process is killed is lost."},
    {"26.6",
     "With a JSON object on each line, a program such as ELK or Datadog counts errors by "
     "route without a regular expression."},
    {"26.7",
     "The levels error, warn, info and debug decide what is written, and a call below "
     "the logger's level costs next to nothing."},
};

}  // namespace lab26
