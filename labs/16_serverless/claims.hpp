// claims.hpp: what lab 16 proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab16 {

inline constexpr lab::Claim kClaims[] = {
    {"16.1",
     "The platform runs instances only while events come: none before the first, as many "
     "as there are requests at once, and none again after an idle time."},
    {"16.2",
     "Node takes many times as long to start as a native program, and the modules that "
     "it loads can double its cold start."},
    {"16.3",
     "An idle Node instance fits into the smallest memory size on offer, but needs "
     "several times the memory of a native program."},
    {"16.4",
     "An instance serves one request at a time, so a burst needs an instance for each "
     "request, while the same requests in a row share one."},
    {"16.5",
     "An uploaded file calls the function with its name at least once: after a crash the "
     "event is tried again, and after the last attempt it is a dead letter."},
    {"16.6",
     "Between requests an instance is frozen: its timers do not fire and work left for "
     "later is lost, so scheduled tasks belong to the platform's scheduler."},
};

}  // namespace lab16
