// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab28 {

inline constexpr lab::Claim kClaims[] = {
    {"28.1",
     "Environment variables hold the configuration that differs between environments, so "
     "the same build runs in all of them."},
    {"28.2",
     "A password in a variable can be read in /proc and is inherited by every child; a "
     "password in a file is not."},
    {"28.3",
     "A program reads a variable by its name and always gets text: \"false\" counts as "
     "true until the program validates it."},
    {"28.4",
     "A .env file gives a developer's machine its values, and a variable that is already "
     "set wins over the file."},
    {"28.5",
     "A deployed program gets its variables from the host or the container platform and "
     "needs no .env file."},
};

}  // namespace lab28
