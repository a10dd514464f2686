// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab25 {

inline constexpr lab::Claim kClaims[] = {
    {"25.1", "In test-driven development you write the test before the code."},
    {"25.2", "Red: the new test fails first, which proves that it can fail."},
    {"25.3", "Green: you write the least code that makes the test pass."},
    {"25.4",
     "Refactor: you change the structure while the tests stay green, and they catch only "
     "what they check."},
};

}  // namespace lab25
