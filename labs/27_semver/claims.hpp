// claims.hpp: what lab 27 proves, each sentence once.
#pragma once

#include "lab/core/story.hpp"

namespace lab27 {

inline constexpr lab::Claim kClaims[] = {
    {"27.1",
     "A semantic version is MAJOR.MINOR.PATCH, and each part is compared as a number."},
    {"27.2", "A new MAJOR version says that the API has changed incompatibly."},
    {"27.3", "A new MINOR version adds to the API and keeps what was there working."},
    {"27.4", "A new PATCH version fixes a bug and leaves the API as it was."},
    {"27.5", "The range ^1.2.3 allows 1.2.3 and every later release below 2.0.0."},
    {"27.6", "The range ~1.2.3 allows 1.2.3 and every later release below 1.3.0."},
};

}  // namespace lab27
