// claims.hpp: what lab 09 proves, each sentence once.
#pragma once

#include "lab/core/story.hpp"

namespace lab09 {

inline constexpr lab::Claim kClaims[] = {
    {"09.1",
     "A lockfile records the exact tree of packages that was resolved, each with its "
     "version and a hash."},
    {"09.2", "A later install with the lockfile gives the identical tree."},
    {"09.3", "With the lockfile, later releases do not change what is installed."},
    {"09.4",
     "Every machine gets the same packages from the lockfile, but not necessarily the "
     "same behaviour."},
    {"09.5",
     "In CI and for colleagues, npm ci installs exactly what the lockfile says, or it "
     "fails."},
};

}  // namespace lab09
