// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab15 {

inline constexpr lab::Claim kClaims[] = {
    {"15.1",
     "Helmet's security headers tell browsers what not to do with a response: it adds "
     "12, removes X-Powered-By, and neither authenticates a caller nor validates input."},
    {"15.2",
     "A rate limit stops password guessing if its window has no edge, all processes "
     "share its counts, and it counts an address that the client cannot forge."},
    {"15.3",
     "A limit for each address does not stop a distributed flood: every address stays "
     "below it, and even a refused request has already cost the process."},
    {"15.4",
     "A schema rejects bad input before the handler runs, names the path of each "
     "problem, and lets no unknown key through."},
    {"15.5",
     "A JWT that is forged, unsigned, signed with the wrong algorithm or expired is "
     "refused, but anybody can read it, and it stays valid after a logout."},
    {"15.6",
     "OAuth 2 grants access and does not say who the user is; with PKCE a stolen code is "
     "worthless without its verifier."},
    {"15.7",
     "CORS is enforced by the browser: a foreign page cannot read the response, but its "
     "simple request still runs on the server."},
    {"15.8",
     "A login that puts the body into a MongoDB query accepts {\"$ne\": \"x\"} as a "
     "password; a check that it is a string stops that."},
};

}  // namespace lab15
