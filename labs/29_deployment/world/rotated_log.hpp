// rotated_log.hpp: what a process prints, in files of limited size.
//
// The process writes into a pipe and knows nothing of files. So none of its lines falls
// between two of them; a log that nobody keeps up with makes the process wait instead.
//
// Left out  Deleting and compressing old files.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "lab/core/error.hpp"
#include "lab/os/descriptor.hpp"
#include "lab/uv/uv.hpp"

namespace lab29 {

class RotatedLog {
 public:
  RotatedLog(lab::uv::Loop& loop, std::filesystem::path path, std::size_t limit)
      : path_(std::move(path)), limit_(limit), file_(path_) {
    int ends[2];
    lab::check_errno(pipe2(ends, O_CLOEXEC), "make a pipe");
    reads_.reset(ends[0]);
    writes_.reset(ends[1]);
    readable_.emplace(loop, reads_.get());
    readable_->start(UV_READABLE, [this] { take(); });
  }

  int input() const { return writes_.get(); }  // for the process, as its output
  int files() const { return rotations_ + 1; }
  int lines() const { return lines_; }
  std::string name_of(int file) const {  // 0: the oldest
    return file == rotations_ ? path_.string()
                              : fmt::format("{}.{}", path_.string(), file);
  }

 private:
  void take() {
    char bytes[16'384];
    const ssize_t size = read(reads_.get(), bytes, sizeof bytes);
    if (size > 0) pending_.append(bytes, static_cast<std::size_t>(size));
    for (auto end = pending_.find('\n'); end != pending_.npos;
         end = pending_.find('\n')) {
      if (written_ > 0 && written_ + end + 1 > limit_) rotate();
      file_ << pending_.substr(0, end + 1) << std::flush;
      written_ += end + 1;
      ++lines_;
      pending_.erase(0, end + 1);
    }
  }
  // Step 7: between two whole lines.
  void rotate() {
    std::filesystem::rename(path_, fmt::format("{}.{}", path_.string(), rotations_++));
    file_ = std::ofstream(path_);
    written_ = 0;
  }

  const std::filesystem::path path_;
  const std::size_t limit_;
  std::ofstream file_;
  lab::Descriptor reads_, writes_;
  std::optional<lab::uv::Poll> readable_;
  std::string pending_{};
  std::size_t written_ = 0;
  int rotations_ = 0;
  int lines_ = 0;
};

}  // namespace lab29
