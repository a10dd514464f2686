// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab25 {

inline constexpr lab::Claim kClaims[] = {
    {"25.1", "In test-driven development you write the test before the code."},
    {"25.2", "Red: the new test fails first, which proves that it can fail."},
    {"25.3",
     "Green: you write the least code that passes, even a table of the examples."},
    {"25.4",
     "Refactor: you change the structure while the same tests stay green, and what no "
     "test pins can break unnoticed."},
};

}  // namespace lab25
