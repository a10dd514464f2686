// places.hpp: where the project lies, and where this test was built.
#pragma once

#include <string>
#include <string_view>

namespace lab::test {

// "labs/catalog.json" in the source tree; without a path the tree itself.
std::string source(std::string_view path = {});

// "labs/05_backpressure" in the build folder.
std::string built(std::string_view path = {});

}  // namespace lab::test
