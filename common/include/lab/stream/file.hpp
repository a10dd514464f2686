// file.hpp: files as streams.
//
// Order     The constructor asks the pool to open the file, whoever reads it or not. It is
//           closed before on_close; what opens after destroy() is closed, too.
// Threads   The system calls run on libuv's pool, one at a time for each stream.
// Lifetime  A stream may go at any time before its loop: what the pool still does for it
//           is done, and then forgotten.
// Errors    open, read, write and close fail the stream, with what was tried and why.
// Source    fs.createReadStream (chunks of 64 KiB) and fs.createWriteStream of Node 20.
// Left out  start, end, append, a descriptor from elsewhere.
#pragma once

#include <filesystem>

#include "lab/stream/readable.hpp"
#include "lab/stream/writable.hpp"
#include "lab/uv/uv.hpp"

namespace lab {

// An open file, and one operation on it at a time.
class File {
 public:
  // What the operation answered: a descriptor, a count of bytes, or a negative error; and
  // what was read.
  using Answer = std::function<void(ssize_t result, std::string bytes)>;

  File(Ticks& ticks, uv::Loop& loop, std::filesystem::path path, int flags);
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();

  void open(Answer done);
  void read(std::size_t at_most, Answer done);
  void write(Chunk chunk, std::size_t from, Answer done);
  void close(Answer closed);  // after what still runs

  Error error(std::string_view tried, ssize_t status) const;

 private:
  struct Operation;
  void begin(Operation planned, auto start);

  Ticks& ticks_;
  uv::Loop& loop_;
  std::filesystem::path path_;
  int flags_;
  int fd_ = -1;
  Operation* runs_ = nullptr;
  std::function<void()> close_when_done_;
};

class FileSource : public Readable {
 public:
  FileSource(Ticks& ticks, uv::Loop& loop, const std::filesystem::path& path,
             std::size_t chunk = std::size_t{64} << 10);

 protected:
  void read_more() override;
  void release(Done released) override;

 private:
  File file_;
  std::size_t chunk_;
};

// Makes the file, or empties it.
class FileSink : public Writable {
 public:
  FileSink(Ticks& ticks, uv::Loop& loop, const std::filesystem::path& path,
           std::size_t high_water_mark = std::size_t{16} << 10);

 protected:
  void write_chunk(Chunk chunk, Done done) override;
  void release(Done released) override;

 private:
  void write_rest(Chunk chunk, std::size_t from, Done done);

  File file_;
};

}  // namespace lab
