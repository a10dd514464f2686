#include "concurrency.hpp"

#include <fcntl.h>

#include <array>
#include <list>
#include <memory>
#include <utility>

#include "lab/os/proc.hpp"

namespace lab03 {

using namespace std::chrono_literals;

namespace {

// libuv's request with our function beside it. Its callback deletes it.
template <class Raw>
struct Request : Raw {
  Done done;
};

// Starts a request. If libuv refuses it, no callback will come, so it is freed here.
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

// Step 1: the whole model in one loop. Nothing here waits: each call hands a request to
// the kernel and returns, so the one thread goes on to the next request and to its other
// callbacks.
Attendance ask_at_once(std::uint16_t port, int questions, int other) {
  Attendance result;
  Loop loop;
  std::list<lab::uv::Tcp> sockets;
  const auto ask = [&] {
    lab::uv::Tcp& socket = sockets.emplace_back(loop);
    ++result.asked;
    socket.connect(port, [&](int status) {
      if (status < 0) return;
      socket.write("?", [](int) {});
      socket.read_start([&](std::string_view bytes, int) {
        socket.read_stop();
        result.answered += bytes == "!";
        if (result.answered == questions) loop.stop();
      });
    });
  };
  lab::uv::Timer deadline(loop);
  deadline.start(30s, [&] { loop.stop(); });
  lab::uv::Timer tick(loop);
  while (result.asked < questions - 1) ask();
  const auto on_tick = [&] {
    if (++result.other_callbacks < other) return;
    result.threads = lab::thread_count();
    tick.stop();
    ask();
  };
  tick.start(1ms, on_tick, 1ms);
  loop.run();
  return result;
}

// Step 2: the call puts a request into the pool's queue and returns. A thread of the pool
// makes the blocking system call. The loop learns of the result in its poll phase and calls
// us back.
void stat(Loop& loop, const std::filesystem::path& path, Done done) {
  begin<uv_fs_t>(std::move(done), "uv_fs_stat", [&](uv_fs_t* request) {
    return uv_fs_stat(loop.raw(), request, path.c_str(), file_done);
  });
}

void lookup(Loop& loop, const std::string& host, Done done) {
  const auto answered = [](uv_getaddrinfo_t* raw, int status, addrinfo* found) {
    const auto request = owned(raw);
    uv_freeaddrinfo(found);
    request->done(status);
  };
  begin<uv_getaddrinfo_t>(std::move(done), "uv_getaddrinfo", [&](auto* request) {
    return uv_getaddrinfo(loop.raw(), request, answered, host.c_str(), nullptr, nullptr);
  });
}

namespace {

struct Work : uv_work_t {
  std::function<void()> work;
};

}  // namespace

// Step 3: two functions on two threads. The first runs in the pool; the second runs on the
// main thread once the loop comes back to look.
void job(Loop& loop, std::function<void()> work, Done done) {
  begin<Work>(std::move(done), "uv_queue_work", [&](Request<Work>* request) {
    request->work = std::move(work);
    return uv_queue_work(
        loop.raw(), request, [](uv_work_t* raw) { static_cast<Work*>(raw)->work(); },
        [](uv_work_t* raw, int status) { owned(static_cast<Work*>(raw))->done(status); });
  });
}

namespace {

struct Reading {
  Loop& loop;
  Done done;
  int fd = -1;
  std::array<char, 512> bytes{};
};

using SharedReading = std::shared_ptr<Reading>;

// Closes the file, whatever came before, and then reports how the reading went.
void finish(const SharedReading& reading, int status) {
  begin<uv_fs_t>([reading, status](int) { reading->done(status); }, "uv_fs_close",
                 [&](uv_fs_t* request) {
                   return uv_fs_close(reading->loop.raw(), request, reading->fd,
                                      file_done);
                 });
}

void read_some(const SharedReading& reading) {
  const uv_buf_t buffer = uv_buf_init(reading->bytes.data(), reading->bytes.size());
  begin<uv_fs_t>([reading](int status) { finish(reading, status); }, "uv_fs_read",
                 [&](uv_fs_t* request) {
                   return uv_fs_read(reading->loop.raw(), request, reading->fd, &buffer,
                                     1, 0, file_done);
                 });
}

void ask_size(const SharedReading& reading) {
  const auto sized = [reading](int status) {
    status < 0 ? finish(reading, status) : read_some(reading);
  };
  begin<uv_fs_t>(sized, "uv_fs_fstat", [&](uv_fs_t* request) {
    return uv_fs_fstat(reading->loop.raw(), request, reading->fd, file_done);
  });
}

}  // namespace

// Step 4: one call in JavaScript, four trips to the pool. If other work occupies its
// threads, this call waits for a free one up to four times.
void read_file(Loop& loop, const std::filesystem::path& path, Done done) {
  auto reading = std::make_shared<Reading>(Reading{loop, std::move(done)});
  const auto opened = [reading](int fd) {
    if (fd < 0) return reading->done(fd);
    reading->fd = fd;
    ask_size(reading);
  };
  begin<uv_fs_t>(opened, "uv_fs_open", [&](uv_fs_t* request) {
    return uv_fs_open(loop.raw(), request, path.c_str(), O_RDONLY | O_CLOEXEC, 0,
                      file_done);
  });
}

}  // namespace lab03
