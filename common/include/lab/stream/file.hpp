// file.hpp: files as streams.
//
// Order     A file is opened by the first read or write, not by the constructor; closed
//           before on_close.
// Threads   The system calls run on libuv's pool, one at a time for each stream.
// Lifetime  Keep the stream until on_close, or until its loop is gone: the pool may still
//           be reading into its buffer.
// Errors    open, read, write and close fail the stream, with what was tried and why.
// Source    fs.createReadStream (chunks of 64 KiB) and fs.createWriteStream of Node 20.
// Left out  start, end, append, a descriptor from elsewhere.
#pragma once

#include <filesystem>

#include "lab/stream/readable.hpp"
#include "lab/stream/writable.hpp"
#include "lab/uv.hpp"

namespace lab {

// An open file, and one operation on it at a time.
class File {
 public:
  // What the operation answered: a descriptor, a count of bytes, or a negative error.
  using Answer = std::function<void(ssize_t)>;

  File(Ticks& ticks, uv::Loop& loop, std::filesystem::path path, int flags);
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();

  bool is_open() const { return fd_ >= 0; }
  void open(Answer done);
  void read(std::string& into, Answer done);        // REQUIRES: `into` stays
  void write(std::string_view bytes, Answer done);  // REQUIRES: the bytes stay
  void close(std::function<void()> closed);         // after what still runs

  Error error(std::string_view tried, ssize_t status) const;

 private:
  template <class Start>
  void begin(Start start, Answer done);
  void answered(ssize_t result);

  Ticks& ticks_;
  uv::Loop& loop_;
  std::filesystem::path path_;
  int flags_;
  int fd_ = -1;
  uv_fs_t request_{};
  Answer done_;
  std::function<void()> close_when_done_;
};

class FileSource : public Readable {
 public:
  FileSource(Ticks& ticks, uv::Loop& loop, const std::filesystem::path& path,
             std::size_t chunk = std::size_t{64} << 10);

 protected:
  void read_more() override;
  void release(std::function<void()> released) override;

 private:
  File file_;
  std::size_t chunk_;
  std::string buffer_;
};

// Makes the file, or empties it.
class FileSink : public Writable {
 public:
  FileSink(Ticks& ticks, uv::Loop& loop, const std::filesystem::path& path,
           std::size_t high_water_mark = std::size_t{16} << 10);

 protected:
  void write_chunk(Chunk chunk, Done done) override;
  void finish_writing(Done done) override;
  void release(std::function<void()> released) override;

 private:
  void opened(std::function<void()> next, Done done);
  void write_rest(Chunk chunk, std::size_t from, Done done);

  File file_;
};

}  // namespace lab
