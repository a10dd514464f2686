// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab18 {

inline constexpr lab::Claim kClaims[] = {
    {"18.1",
     "A bounded cache in the process is far faster than any server, and for one "
     "instance it is enough."},
    {"18.2",
     "A cache in the process is lost when the process restarts; a cache in Redis is "
     "not."},
    {"18.3",
     "A cache in the process is not shared: another instance misses what this one has "
     "cached."},
    {"18.4",
     "A distributed cache such as Redis is shared: what one instance has loaded, all "
     "instances hit."},
    {"18.5",
     "With cache-aside the application fills the cache after a miss; it needs a delete "
     "on each write, a guarded fill and a shared load, or it serves stale data and "
     "stampedes."},
    {"18.6",
     "With write-through a write updates the database and the cache, so the next read "
     "loads nothing."},
    {"18.7",
     "An ETag turns an unchanged response into a 304 without a body, which saves bytes "
     "but not the handler's work."},
    {"18.8",
     "With Cache-Control: max-age a client does not ask again until the response is "
     "stale, and then only whether it has changed."},
};

}  // namespace lab18
