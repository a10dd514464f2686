// memory_file.hpp: a file without a disk. Other processes open it by its path, and it goes
// with its owner.
#pragma once

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <random>
#include <string>

#include "lab/core/error.hpp"

namespace peers {

class MemoryFile {
 public:
  explicit MemoryFile(const std::string& content = {})
      : fd_(static_cast<int>(
            lab::check_errno(memfd_create("peers", MFD_CLOEXEC), "make a file"))) {
    for (std::size_t at = 0; at < content.size();) {
      at += static_cast<std::size_t>(lab::check_errno(
          ::write(fd_, content.data() + at, content.size() - at), "fill it"));
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(fd_); }

  std::string path() const { return fmt::format("/proc/{}/fd/{}", getpid(), fd_); }

 private:
  int fd_;
};

// Words in random order: gzip makes about a third of it, as of most texts.
inline std::string words(std::size_t size) {
  std::mt19937 random(4);
  std::string text;
  while (text.size() < size)
    for (int i = 1 + static_cast<int>(random() % 9); i >= 0; --i)
      text += i == 0 ? ' ' : static_cast<char>('a' + random() % 12);
  text.resize(size);
  return text;
}

}  // namespace peers
