#include "async.hpp"

#include <fcntl.h>

#include <array>
#include <memory>
#include <utility>

namespace lab03 {

namespace {

// libuv's request with our function beside it; deleted by its callback.
template <class Raw>
struct Request : Raw {
  Done done;
};

// Starts a request; if libuv refuses it, no callback will come.
template <class Raw, class Start>
void begin(Done done, const char* what, Start start) {
  auto request = std::make_unique<Request<Raw>>();
  request->done = std::move(done);
  lab::uv::check(start(request.get()), what);
  static_cast<void>(request.release());
}

template <class Raw>
std::unique_ptr<Request<Raw>> owned(Raw* raw) {
  return std::unique_ptr<Request<Raw>>(static_cast<Request<Raw>*>(raw));
}

void file_done(uv_fs_t* raw) {
  const auto request = owned(raw);
  const int status = static_cast<int>(raw->result);
  uv_fs_req_cleanup(raw);
  request->done(status);
}

}  // namespace

// Step 2: the call only leaves a note for the pool, and returns. A thread there makes the
// blocking system call; the loop finds the result in its poll phase, and calls us back.
void stat(Loop& loop, const std::filesystem::path& path, Done done) {
  begin<uv_fs_t>(std::move(done), "uv_fs_stat", [&](uv_fs_t* request) {
    return uv_fs_stat(loop.raw(), request, path.c_str(), file_done);
  });
}

void lookup(Loop& loop, const std::string& host, Done done) {
  begin<uv_getaddrinfo_t>(std::move(done), "uv_getaddrinfo", [&](auto* request) {
    return uv_getaddrinfo(
        loop.raw(), request,
        [](uv_getaddrinfo_t* raw, int status, addrinfo* found) {
          const auto answered = owned(raw);
          uv_freeaddrinfo(found);
          answered->done(status);
        },
        host.c_str(), nullptr, nullptr);
  });
}

namespace {

struct Work {
  uv_work_t raw;
  std::function<void()> work;
  Done done;
};

}  // namespace

void job(Loop& loop, std::function<void()> work, Done done) {
  auto waiting = std::make_unique<Work>(Work{{}, std::move(work), std::move(done)});
  waiting->raw.data = waiting.get();
  lab::uv::check(uv_queue_work(
                     loop.raw(), &waiting->raw,
                     [](uv_work_t* raw) { static_cast<Work*>(raw->data)->work(); },
                     [](uv_work_t* raw, int status) {
                       const std::unique_ptr<Work> ended(static_cast<Work*>(raw->data));
                       ended->done(status);
                     }),
                 "uv_queue_work");
  static_cast<void>(waiting.release());
}

namespace {

struct Reading {
  Loop& loop;
  Done done;
  int fd = -1;
  std::array<char, 512> bytes{};
};

// Closes the file, whatever came before, and then tells how it went.
void finish(const std::shared_ptr<Reading>& reading, int status) {
  begin<uv_fs_t>([reading, status](int) { reading->done(status); }, "uv_fs_close",
                 [&](uv_fs_t* request) {
                   return uv_fs_close(reading->loop.raw(), request, reading->fd,
                                      file_done);
                 });
}

void read_some(const std::shared_ptr<Reading>& reading) {
  begin<uv_fs_t>([reading](int status) { finish(reading, status); }, "uv_fs_read",
                 [&](uv_fs_t* request) {
                   const uv_buf_t buffer =
                       uv_buf_init(reading->bytes.data(), reading->bytes.size());
                   return uv_fs_read(reading->loop.raw(), request, reading->fd, &buffer,
                                     1, 0, file_done);
                 });
}

}  // namespace

// Step 3: one call in JavaScript, four trips to the pool: whatever else holds its threads
// is waited for up to four times.
void read_file(Loop& loop, const std::filesystem::path& path, Done done) {
  auto reading = std::make_shared<Reading>(Reading{loop, std::move(done)});
  const auto opened = [reading](int fd) {
    if (fd < 0) return reading->done(fd);
    reading->fd = fd;
    begin<uv_fs_t>(
        [reading](int status) {
          status < 0 ? finish(reading, status) : read_some(reading);
        },
        "uv_fs_fstat",
        [&](uv_fs_t* request) {
          return uv_fs_fstat(reading->loop.raw(), request, fd, file_done);
        });
  };
  begin<uv_fs_t>(opened, "uv_fs_open", [&](uv_fs_t* request) {
    return uv_fs_open(loop.raw(), request, path.c_str(), O_RDONLY | O_CLOEXEC, 0,
                      file_done);
  });
}

Echo::Echo(Loop& loop) : loop_(loop), listener_(loop, [this] { serve(); }) {
}

void Echo::serve() {
  const auto end = ends_.emplace(ends_.end(), loop_);
  listener_.accept(*end);
  end->read_start([this, end](std::string_view bytes, int status) {
    if (status < 0) return void(ends_.erase(end));
    const auto kept = std::make_shared<const std::string>(bytes);
    end->write(*kept, [kept](int) {});
  });
}

void Echo::ask(Done done) {
  const auto end = ends_.emplace(ends_.end(), loop_);
  const auto over = [this, end, done = std::move(done)](int status) {
    ends_.erase(end);
    done(status);
  };
  end->connect(listener_.port(), [end, over](int status) {
    if (status < 0) return over(status);
    end->read_start(
        [over](std::string_view bytes, int ended) { over(bytes.empty() ? ended : 0); });
    end->write("!", [](int) {});
  });
}

}  // namespace lab03
