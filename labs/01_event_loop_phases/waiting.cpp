#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "experiments.hpp"
#include "lab/proc.hpp"
#include "lab/uv.hpp"
#include "ready_pipe.hpp"

namespace lab01 {

namespace {

using namespace std::chrono_literals;
using lab::uv::Loop;
using Clock = std::chrono::steady_clock;

template <class Duration = std::chrono::milliseconds>
Duration since(Clock::time_point start) {
  return std::chrono::duration_cast<Duration>(Clock::now() - start);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  lab::uv::check(uv_ip4_addr("127.0.0.1", port, &address), "uv_ip4_addr");
  return address;
}

// A server that answers one byte to whoever connects, after a delay, and its clients: all
// on one loop. Every handle is a plain one; the loop closes them when it goes.
class Answers {
 public:
  std::function<void()> on_answer;

  void listen(Loop& loop, std::chrono::milliseconds delay) {
    loop_ = &loop;
    delay_ = delay;
    init(listener_);
    const sockaddr_in any = loopback(0);
    lab::uv::check(uv_tcp_bind(&listener_, reinterpret_cast<const sockaddr*>(&any), 0),
                   "bind");
    lab::uv::check(uv_listen(reinterpret_cast<uv_stream_t*>(&listener_), 1024, accepted),
                   "listen");
    int size = sizeof address_;
    uv_tcp_getsockname(&listener_, reinterpret_cast<sockaddr*>(&address_), &size);
  }

  void ask() {
    Client& client = *clients_.emplace_back(std::make_unique<Client>());
    init(client.tcp);
    client.request.data = &client;
    lab::uv::check(
        uv_tcp_connect(&client.request, &client.tcp,
                       reinterpret_cast<const sockaddr*>(&address_), connected),
        "connect");
  }

 private:
  struct Client {
    uv_tcp_t tcp{};
    uv_connect_t request{};
    char byte = 0;
  };
  struct Served {
    uv_tcp_t tcp{};
    uv_timer_t timer{};
    uv_write_t write{};
  };

  void init(uv_tcp_t& tcp) {
    lab::uv::check(uv_tcp_init(loop_->raw(), &tcp), "uv_tcp_init");
    tcp.data = this;
  }

  static void accepted(uv_stream_t* listener, int) {
    auto* self = static_cast<Answers*>(listener->data);
    Served& served = *self->served_.emplace_back(std::make_unique<Served>());
    self->init(served.tcp);
    uv_accept(listener, reinterpret_cast<uv_stream_t*>(&served.tcp));
    uv_timer_init(self->loop_->raw(), &served.timer);
    served.timer.data = &served;
    uv_timer_start(&served.timer, answer,
                   static_cast<std::uint64_t>(self->delay_.count()), 0);
  }

  static void answer(uv_timer_t* timer) {
    auto* served = static_cast<Served*>(timer->data);
    static char byte = '!';
    const uv_buf_t buffer = uv_buf_init(&byte, 1);
    uv_write(&served->write, reinterpret_cast<uv_stream_t*>(&served->tcp), &buffer, 1,
             nullptr);
  }

  static void connected(uv_connect_t* request, int status) {
    if (status < 0) return;
    uv_read_start(
        request->handle,
        [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
          static_cast<void>(handle);
          static char byte;
          *buffer = uv_buf_init(&byte, 1);
        },
        [](uv_stream_t* stream, ssize_t size, const uv_buf_t*) {
          uv_read_stop(stream);
          if (size == 1) static_cast<Answers*>(stream->data)->on_answer();
        });
  }

  Loop* loop_ = nullptr;
  std::chrono::milliseconds delay_{};
  uv_tcp_t listener_{};
  sockaddr_in address_{};
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Served>> served_;
};

// Threads of libuv's pool, held one by one: opening a FIFO to read blocks until somebody
// opens it to write.
class Fifos {
 public:
  explicit Fifos(const std::filesystem::path& folder) {
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      paths_[i] = folder / ("fifo" + std::to_string(i));
      lab::check_errno(mkfifo(paths_[i].c_str(), 0600), "make " + paths_[i].string());
    }
  }
  Fifos(const Fifos&) = delete;
  Fifos& operator=(const Fifos&) = delete;
  ~Fifos() {
    for (const int fd : fds_) close(fd);
    for (const auto& path : paths_) std::filesystem::remove(path);
  }
  void hold(Loop& loop) {
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      uv_fs_open(loop.raw(), &opens_[i], paths_[i].c_str(), O_RDONLY | O_CLOEXEC, 0,
                 [](uv_fs_t* request) {
                   if (request->result >= 0) close(static_cast<int>(request->result));
                   uv_fs_req_cleanup(request);
                 });
    }
  }
  void let_go() {
    for (const auto& path : paths_)
      fds_.push_back(open(path.c_str(), O_RDWR | O_CLOEXEC));
  }

 private:
  std::array<std::filesystem::path, 4> paths_;
  std::array<uv_fs_t, 4> opens_{};
  std::vector<int> fds_;
};

}  // namespace

// Step 5: the waits overlap, because nobody waits: each connection is a line in epoll's
// list and a timer in a heap, and the one thread is free in between.
Overlap overlapping_waits(int connections, std::chrono::milliseconds delay) {
  Overlap result{.threads_before = lab::thread_count()};
  Until<Answers> world;
  Loop& loop = world.loop;
  Answers& answers = *world.thing;
  answers.listen(loop, delay);
  answers.on_answer = [&] {
    if (++result.answered == connections / 2) result.threads_during = lab::thread_count();
    if (result.answered == connections) loop.stop();
  };
  lab::uv::Timer deadline(loop);
  deadline.start(20s, [&] { loop.stop(); });
  const auto start = Clock::now();
  for (int i = 0; i < connections; ++i) answers.ask();
  loop.run();
  result.wall = since(start);
  return result;
}

ThreadIds threads_of_callbacks() {
  ThreadIds ids;
  ReadyPipe ready;
  Until<uv_work_t> world;
  Loop& loop = world.loop;
  lab::uv::Timer timer(loop), closed(loop);
  lab::uv::Poll poll(loop, ready.reading_end());
  const auto note = [&] { ids.of_callbacks.insert(lab::thread_id()); };
  timer.start(0ms, note);
  poll.start(UV_READABLE, [&] {
    note();
    poll.stop();
    closed.close(note);
  });
  world.thing->data = &ids;
  uv_queue_work(
      loop.raw(), world.thing.get(),
      [](uv_work_t* work) {
        static_cast<ThreadIds*>(work->data)->of_pool_work = lab::thread_id();
      },
      [](uv_work_t* work, int) {
        static_cast<ThreadIds*>(work->data)->of_callbacks.insert(lab::thread_id());
      });
  loop.run();
  ids.threads_after = lab::thread_count();
  return ids;
}

// Step 6: the proof by exclusion. With all four pool threads held, whatever still moves
// cannot have needed them: the socket does, the file does not.
HeldPool pool_held(const std::filesystem::path& folder) {
  HeldPool result;
  struct World {
    Answers answers;
    uv_fs_t stat{};
  };
  Fifos fifos(folder);
  Until<World> world;
  Loop& loop = world.loop;
  fifos.hold(loop);
  world.thing->stat.data = &result;
  uv_fs_stat(loop.raw(), &world.thing->stat, "/", [](uv_fs_t* request) {
    static_cast<HeldPool*>(request->data)->file_done = true;
    uv_fs_req_cleanup(request);
  });
  Answers& answers = world.thing->answers;
  answers.listen(loop, 20ms);
  answers.on_answer = [&] {
    result.echoed = true;
    result.file_waited = !result.file_done;
    loop.stop();
  };
  lab::uv::Timer deadline(loop);
  deadline.start(10s, [&] { loop.stop(); });
  answers.ask();
  loop.run();

  fifos.let_go();
  lab::uv::Timer look(loop);
  const auto stop_when_done = [&] {
    if (result.file_done) loop.stop();
  };
  look.start(1ms, stop_when_done, 1ms);
  deadline.start(10s, [&] { loop.stop(); });
  loop.run();
  return result;
}

Sleep wait_for_timer(std::chrono::milliseconds delay, bool with_idle) {
  Sleep sleep;
  Loop loop;
  lab::uv::check(uv_loop_configure(loop.raw(), UV_METRICS_IDLE_TIME),
                 "measure idle time");
  lab::uv::Timer timer(loop);
  lab::uv::Idle idle(loop);
  lab::uv::Prepare prepare(loop);
  lab::uv::Check check(loop);
  prepare.start([&] { ++sleep.prepare_calls; });
  check.start([&] { ++sleep.turns; });
  if (with_idle) idle.start([&] { ++sleep.idle_calls; });
  timer.start(delay, [&] { loop.stop(); });

  const auto start = Clock::now();
  const auto cpu = lab::cpu_time();
  loop.run();
  sleep.wall = since<std::chrono::microseconds>(start);
  sleep.cpu = lab::cpu_time() - cpu;
  sleep.idle = std::chrono::microseconds(uv_metrics_idle_time(loop.raw()) / 1000);
  return sleep;
}

std::vector<Timeout> backend_timeouts() {
  ReadyPipe quiet;
  char byte;
  lab::check_errno(read(quiet.reading_end(), &byte, 1), "empty the pipe");
  std::vector<Timeout> timeouts;
  Loop loop;
  const auto note = [&](const char* active) {
    timeouts.push_back({active, uv_backend_timeout(loop.raw())});
  };
  uv_update_time(loop.raw());
  note("nothing");
  {
    lab::uv::Poll poll(loop, quiet.reading_end());
    poll.start(UV_READABLE, [] {});
    loop.run(UV_RUN_NOWAIT);  // until epoll knows of it, libuv says 0
    note("a socket");
    lab::uv::Timer timer(loop);
    timer.start(50ms, [] {});
    note("a socket, a timer in 50 ms");
    timer.start(0ms, [] {});
    note("a socket, a timer that is due");
    timer.start(50ms, [] {});
    lab::uv::Idle idle(loop);
    idle.start([] {});
    note("the same and an active idle handle (or a setImmediate)");
    idle.stop();
    lab::uv::Timer closing(loop);
    closing.close();
    note("the same and a handle being closed");
  }
  return timeouts;
}

}  // namespace lab01
