#include "core/write_text.hpp"

#include <fstream>

#include "lab/core/error.hpp"

namespace runner {

namespace fs = std::filesystem;

void write_text(const fs::path& file, const std::string& text,
                const std::string& otherwise) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  fs::path fresh = file;
  fresh += ".new";
  std::ofstream out(fresh);
  out << text << std::flush;
  if (out) fs::rename(fresh, file, error);
  if (!out || error) throw lab::Error("write " + file.string(), otherwise);
}

}  // namespace runner
