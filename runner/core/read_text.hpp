// read_text.hpp: a whole file at once.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace runner {

// All of a file; nothing if it cannot be read.
[[nodiscard]] std::optional<std::string> read_text(const std::filesystem::path& file);

}  // namespace runner
