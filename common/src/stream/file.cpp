#include "lab/stream/file.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace lab {

File::File(Ticks& ticks, uv::Loop& loop, std::filesystem::path path, int flags)
    : ticks_(ticks), loop_(loop), path_(std::move(path)), flags_(flags) {
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Error File::error(std::string_view tried, ssize_t status) const {
  return Error(std::string(tried) + " " + path_.string(),
               uv_strerror(static_cast<int>(status)));
}

template <class Start>
void File::begin(Start start, Answer done) {
  done_ = std::move(done);
  request_.data = this;
  uv::check(start([](uv_fs_t* request) {
              const ssize_t result = request->result;
              uv_fs_req_cleanup(request);
              static_cast<File*>(request->data)->answered(result);
            }),
            "ask the pool");
}

// Who closed meanwhile wants no answer any more.
void File::answered(ssize_t result) {
  const Answer done = std::exchange(done_, nullptr);
  ticks_.run([&] {
    if (const auto close = std::exchange(close_when_done_, nullptr))
      close();
    else
      done(result);
  });
}

void File::open(Answer done) {
  begin(
      [this](uv_fs_cb answer) {
        return uv_fs_open(loop_.raw(), &request_, path_.c_str(), flags_, 0644, answer);
      },
      [this, done = std::move(done)](ssize_t result) {
        fd_ = static_cast<int>(std::max<ssize_t>(result, -1));
        done(result);
      });
}

void File::read(std::string& into, Answer done) {
  const uv_buf_t piece = uv_buf_init(into.data(), static_cast<unsigned>(into.size()));
  begin(
      [&](uv_fs_cb answer) {
        return uv_fs_read(loop_.raw(), &request_, fd_, &piece, 1, -1, answer);
      },
      std::move(done));
}

void File::write(std::string_view bytes, Answer done) {
  const uv_buf_t piece =
      uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  begin(
      [&](uv_fs_cb answer) {
        return uv_fs_write(loop_.raw(), &request_, fd_, &piece, 1, -1, answer);
      },
      std::move(done));
}

void File::close(std::function<void()> closed) {
  if (done_) {
    close_when_done_ = [this, closed = std::move(closed)] { close(closed); };
    return;
  }
  if (fd_ < 0) return closed();
  begin(
      [this](uv_fs_cb answer) {
        return uv_fs_close(loop_.raw(), &request_, std::exchange(fd_, -1), answer);
      },
      [closed = std::move(closed)](ssize_t) { closed(); });
}

FileSource::FileSource(Ticks& ticks, uv::Loop& loop, const std::filesystem::path& path,
                       std::size_t chunk)
    : Stream(ticks),
      Readable(ticks, chunk),
      file_(ticks, loop, path, O_RDONLY),
      chunk_(chunk) {
}

void FileSource::read_more() {
  if (!file_.is_open()) {
    return file_.open([this](ssize_t result) {
      if (result < 0) return destroy(file_.error("open", result));
      read_more();
    });
  }
  buffer_.resize(chunk_);
  file_.read(buffer_, [this](ssize_t result) {
    if (result < 0) return destroy(file_.error("read", result));
    if (result == 0) return push_end();
    buffer_.resize(static_cast<std::size_t>(result));
    push(Chunk(std::exchange(buffer_, {})));
  });
}

void FileSource::release(std::function<void()> released) {
  file_.close(std::move(released));
}

FileSink::FileSink(Ticks& ticks, uv::Loop& loop, const std::filesystem::path& path,
                   std::size_t high_water_mark)
    : Stream(ticks),
      Writable(ticks, high_water_mark),
      file_(ticks, loop, path, O_WRONLY | O_CREAT | O_TRUNC) {
}

void FileSink::opened(std::function<void()> next, Done done) {
  if (file_.is_open()) return next();
  file_.open([this, next = std::move(next), done = std::move(done)](ssize_t result) {
    if (result < 0) return done(file_.error("open", result));
    next();
  });
}

void FileSink::write_chunk(Chunk chunk, Done done) {
  opened([this, chunk, done] { write_rest(chunk, 0, done); }, done);
}

// The kernel may take less than it was given.
void FileSink::write_rest(Chunk chunk, std::size_t from, Done done) {
  file_.write(chunk.view().substr(from), [=, this](ssize_t result) {
    if (result < 0) return done(file_.error("write", result));
    const std::size_t written = from + static_cast<std::size_t>(result);
    if (written < chunk.size()) return write_rest(chunk, written, done);
    done({});
  });
}

// A file that nothing was written to is made all the same.
void FileSink::finish_writing(Done done) {
  opened([done] { done({}); }, done);
}

void FileSink::release(std::function<void()> released) {
  file_.close(std::move(released));
}

}  // namespace lab
