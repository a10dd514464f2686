#include "meeting.hpp"

#include <sys/resource.h>
#include <sys/time.h>

#include <list>
#include <vector>

#include "async.hpp"
#include "lab/loopback.hpp"
#include "lab/proc.hpp"
#include "lab/process.hpp"

namespace lab03 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// As Node does when it starts: each connection is a descriptor.
void allow_descriptors(int count) {
  rlimit limit{};
  lab::check_errno(getrlimit(RLIMIT_NOFILE, &limit), "ask for the descriptor limit");
  const auto needed = static_cast<rlim_t>(count) + 64;
  if (limit.rlim_cur >= needed) return;
  if (limit.rlim_max < needed) {
    throw lab::Error("open " + std::to_string(count) + " connections",
                     "at most " + std::to_string(limit.rlim_max) +
                         " descriptors are allowed (ulimit -Hn); take fewer");
  }
  limit.rlim_cur = needed;
  lab::check_errno(setrlimit(RLIMIT_NOFILE, &limit), "raise the descriptor limit");
}

class Meeting {
 public:
  explicit Meeting(int people) : server_(start(people)) {}
  std::uint16_t port() const { return lab::loopback::port_of(listener_); }

 private:
  lab::Child start(int people) {
    allow_descriptors(people);
    return lab::Child::role("meeting",
                            {std::to_string(listener_.get()), std::to_string(people)},
                            {.deadline = 60s, .inherit = {listener_.get()}});
  }

  lab::Descriptor listener_ = lab::loopback::listen(0, 4096);
  lab::Child server_;
};

}  // namespace

int meeting_main(std::span<const std::string> args) {
  if (args.size() != 2) return 2;
  const int listener = std::stoi(args[0]);
  const auto people = static_cast<std::size_t>(std::stoi(args[1]));
  allow_descriptors(static_cast<int>(people));
  std::vector<lab::Descriptor> here;
  char byte = 0;
  while (here.size() < people) {
    lab::Descriptor& one = here.emplace_back(
        static_cast<int>(lab::check_errno(accept(listener, nullptr, nullptr), "accept")));
    if (recv(one.get(), &byte, 1, 0) != 1) here.pop_back();  // it left
  }
  for (const lab::Descriptor& one : here) send(one.get(), "!", 1, MSG_NOSIGNAL);
  return 0;
}

// Step 1: the whole model. Nothing here waits: each call leaves a question with the kernel
// and returns, and the one thread goes on to the next, and to its other callbacks.
Attendance ask_at_once(int questions, int other) {
  Attendance result;
  const Meeting meeting(questions);
  Loop loop;
  std::list<lab::uv::Tcp> sockets;
  const auto ask = [&] {
    lab::uv::Tcp& socket = sockets.emplace_back(loop);
    ++result.asked;
    socket.connect(meeting.port(), [&](int status) {
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
  const auto start = Clock::now();
  while (result.asked < questions - 1) ask();
  tick.start(
      1ms,
      [&] {
        if (++result.other_callbacks < other) return;
        result.threads = lab::thread_count();
        tick.stop();
        ask();
      },
      1ms);
  loop.run();
  result.wall =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  return result;
}

Attendance ask_in_turn(int questions, std::chrono::milliseconds patience) {
  Attendance result;
  const Meeting meeting(questions);
  const auto start = Clock::now();
  while (result.answered == result.asked && result.asked < questions) {
    const lab::Descriptor socket = lab::loopback::socket();
    const timeval limit{patience / 1s, std::chrono::microseconds(patience % 1s).count()};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    lab::loopback::connect(socket, meeting.port());
    ++result.asked;
    char byte = '?';
    send(socket.get(), &byte, 1, MSG_NOSIGNAL);
    result.answered += recv(socket.get(), &byte, 1, 0) == 1;
  }
  result.threads = lab::thread_count();
  result.wall =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  return result;
}

}  // namespace lab03
