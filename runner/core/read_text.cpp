#include "core/read_text.hpp"

#include <fstream>

namespace runner {

std::optional<std::string> read_text(const std::filesystem::path& file) {
  std::error_code none;
  std::ifstream in(file, std::ios::binary);
  if (!in || !std::filesystem::is_regular_file(file, none)) return std::nullopt;
  const auto size = std::filesystem::file_size(file, none);
  if (none) return std::nullopt;
  std::string text(size, '\0');
  in.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace runner
