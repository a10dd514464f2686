#include "lab/stream/file.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace lab {

// What the pool works on. It is the operation's own, so that the file may go meanwhile:
// then nobody waits for the answer, and a descriptor that it brings is closed.
struct File::Operation {
  Answer done;
  std::string bytes = {};           // room for what is read
  std::optional<Chunk> chunk = {};  // what is written
  uv_fs_t request{};
  File* file = nullptr;
  int fd = -1;  // of a file that is gone
};

File::File(Ticks& ticks, uv::Loop& loop, std::filesystem::path path, int flags)
    : ticks_(ticks), loop_(loop), path_(std::move(path)), flags_(flags) {
}

File::~File() {
  if (runs_) {
    runs_->file = nullptr;
    runs_->fd = fd_;
  } else if (fd_ >= 0) {
    ::close(fd_);
  }
}

Error File::error(std::string_view tried, ssize_t status) const {
  return Error(std::string(tried) + " " + path_.string(),
               uv_strerror(static_cast<int>(status)));
}

void File::begin(Operation planned, auto start) {
  auto operation = std::make_unique<Operation>(std::move(planned));
  operation->file = this;
  operation->request.data = runs_ = operation.get();
  const auto answered = [](uv_fs_t* request) {
    const std::unique_ptr<Operation> own(static_cast<Operation*>(request->data));
    const ssize_t result = request->result;
    const bool has_opened = request->fs_type == UV_FS_OPEN && result >= 0;
    uv_fs_req_cleanup(request);
    if (!own->file) {
      const int left = has_opened ? static_cast<int>(result) : own->fd;
      if (left >= 0) ::close(left);
      return;
    }
    File& file = *own->file;
    file.runs_ = nullptr;
    if (has_opened) file.fd_ = static_cast<int>(result);
    file.ticks_.run([&] {
      // Whoever closed it meanwhile wants no answer any more.
      if (const auto close = std::exchange(file.close_when_done_, nullptr))
        close();
      else
        own->done(result, std::move(own->bytes));
    });
  };
  const int refused = start(*operation, answered);
  if (refused == 0) return static_cast<void>(operation.release());
  runs_ = nullptr;
  ticks_.defer([done = operation->done, refused] { done(refused, {}); });
}

void File::open(Answer done) {
  begin({.done = std::move(done)}, [this](Operation& runs, uv_fs_cb answered) {
    return uv_fs_open(loop_.raw(), &runs.request, path_.c_str(), flags_ | O_CLOEXEC, 0644,
                      answered);
  });
}

void File::read(std::size_t at_most, Answer done) {
  begin({.done = std::move(done), .bytes = std::string(at_most, '\0')},
        [this](Operation& runs, uv_fs_cb answered) {
          const uv_buf_t room =
              uv_buf_init(runs.bytes.data(), static_cast<unsigned>(runs.bytes.size()));
          return uv_fs_read(loop_.raw(), &runs.request, fd_, &room, 1, -1, answered);
        });
}

void File::write(Chunk chunk, std::size_t from, Answer done) {
  begin({.done = std::move(done), .chunk = std::move(chunk)},
        [this, from](Operation& runs, uv_fs_cb answered) {
          const std::string_view rest = runs.chunk->view().substr(from);
          const uv_buf_t piece = uv_buf_init(const_cast<char*>(rest.data()),
                                             static_cast<unsigned>(rest.size()));
          return uv_fs_write(loop_.raw(), &runs.request, fd_, &piece, 1, -1, answered);
        });
}

void File::close(Answer closed) {
  if (runs_) {
    close_when_done_ = [this, closed = std::move(closed)] { close(closed); };
    return;
  }
  if (fd_ < 0) return closed(0, {});
  begin({.done = std::move(closed)}, [this](Operation& runs, uv_fs_cb answered) {
    return uv_fs_close(loop_.raw(), &runs.request, std::exchange(fd_, -1), answered);
  });
}

namespace {

// Gives the file back, and says so if that failed.
void release_file(File& file, Done released) {
  file.close([&file, released = std::move(released)](ssize_t result, auto&&) {
    if (result < 0) return released(file.error("close", result));
    released({});
  });
}

}  // namespace

FileSource::FileSource(Ticks& ticks, uv::Loop& loop, const std::filesystem::path& path,
                       std::size_t chunk)
    : Stream(ticks),
      Readable(ticks, chunk),
      file_(ticks, loop, path, O_RDONLY),
      chunk_(chunk) {
  opening();
  file_.open([this](ssize_t result, auto&&) {
    if (result < 0) return opened(file_.error("open", result));
    opened();
  });
}

void FileSource::read_more() {
  file_.read(chunk_, [this](ssize_t result, std::string bytes) {
    if (result < 0) return destroy(file_.error("read", result));
    if (result == 0) return push_end();
    bytes.resize(static_cast<std::size_t>(result));
    push(Chunk(std::move(bytes)));
  });
}

void FileSource::release(Done released) {
  release_file(file_, std::move(released));
}

FileSink::FileSink(Ticks& ticks, uv::Loop& loop, const std::filesystem::path& path,
                   std::size_t high_water_mark)
    : Stream(ticks),
      Writable(ticks, high_water_mark),
      file_(ticks, loop, path, O_WRONLY | O_CREAT | O_TRUNC) {
  opening();
  file_.open([this](ssize_t result, auto&&) {
    if (result < 0) return opened(file_.error("open", result));
    opened();
  });
}

void FileSink::write_chunk(Chunk chunk, Done done) {
  write_rest(chunk, 0, done);
}

// The kernel may take less than it was given.
void FileSink::write_rest(Chunk chunk, std::size_t from, Done done) {
  file_.write(chunk, from, [=, this](ssize_t result, auto&&) {
    if (result < 0) return done(file_.error("write", result));
    const std::size_t written = from + static_cast<std::size_t>(result);
    if (written < chunk.size()) return write_rest(chunk, written, done);
    done({});
  });
}

void FileSink::release(Done released) {
  release_file(file_, std::move(released));
}

}  // namespace lab
