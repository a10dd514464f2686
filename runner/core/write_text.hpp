// write_text.hpp: a file that is replaced as a whole.
#pragma once

#include <filesystem>
#include <string>

namespace runner {

// Written beside the file and renamed into its place: whoever reads it finds all of the old text
// or all of the new one. Makes the folder. Throws lab::Error, which says why in these words.
void write_text(const std::filesystem::path& file, const std::string& text,
                const std::string& otherwise);

}  // namespace runner
