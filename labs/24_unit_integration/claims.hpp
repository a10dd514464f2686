// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab24 {

inline constexpr lab::Claim kClaims[] = {
    {"24.1",
     "A unit test checks one function or class in isolation, without opening a socket or "
     "a file."},
    {"24.2",
     "Unit tests replace dependencies with mocks, and stay green when the real service "
     "changes."},
    {"24.3",
     "A runner such as Mocha runs tests and sets the exit code, an assertion library "
     "such as Chai only throws, and Jest and `node --test` bring both."},
    {"24.4",
     "An integration test checks modules together, such as an endpoint with its "
     "database, and finds faults between them."},
    {"24.5",
     "Supertest sends requests to the application on a free port of its own, and closes "
     "it afterwards."},
};

}  // namespace lab24
