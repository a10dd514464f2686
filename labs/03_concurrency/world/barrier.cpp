#include "world/barrier.hpp"

#include <sys/resource.h>
#include <sys/time.h>

#include <vector>

#include "lab/os/proc.hpp"

namespace lab03 {

using namespace std::chrono_literals;

namespace {

// As Node does when it starts: each connection needs a descriptor.
void allow_descriptors(int count) {
  rlimit limit{};
  lab::check_errno(getrlimit(RLIMIT_NOFILE, &limit), "ask for the descriptor limit");
  const auto needed = static_cast<rlim_t>(count) + 64;
  if (limit.rlim_cur >= needed) return;
  if (limit.rlim_max < needed) {
    throw lab::Error("open " + std::to_string(count) + " connections",
                     "at most " + std::to_string(limit.rlim_max) +
                         " descriptors are allowed (ulimit -Hn); ask for fewer");
  }
  limit.rlim_cur = needed;
  lab::check_errno(setrlimit(RLIMIT_NOFILE, &limit), "raise the descriptor limit");
}

}  // namespace

BarrierServer::BarrierServer(int clients) {
  allow_descriptors(clients);
  process_.emplace(lab::Child::role(
      "barrier", {std::to_string(listener_.get()), std::to_string(clients)},
      {.deadline = 60s, .inherit = {listener_.get()}}));
}

int barrier_main(std::span<const std::string> args) {
  if (args.size() != 2) return 2;
  const int listener = std::stoi(args[0]);
  const auto clients = static_cast<std::size_t>(std::stoi(args[1]));
  allow_descriptors(static_cast<int>(clients));
  std::vector<lab::Descriptor> here;
  char byte = 0;
  while (here.size() < clients) {
    lab::Descriptor& one = here.emplace_back(
        static_cast<int>(lab::check_errno(accept(listener, nullptr, nullptr), "accept")));
    if (recv(one.get(), &byte, 1, 0) != 1) here.pop_back();  // it left
  }
  for (const lab::Descriptor& one : here) send(one.get(), "!", 1, MSG_NOSIGNAL);
  return 0;
}

Attendance ask_in_turn(std::uint16_t port, int questions,
                       std::chrono::milliseconds patience) {
  Attendance result{.threads = lab::thread_count()};
  while (result.answered == result.asked && result.asked < questions) {
    const lab::Descriptor socket = lab::loopback::socket();
    const timeval limit{patience / 1s, std::chrono::microseconds(patience % 1s).count()};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    lab::loopback::connect(socket, port);
    ++result.asked;
    char byte = '?';
    send(socket.get(), &byte, 1, MSG_NOSIGNAL);
    result.answered += recv(socket.get(), &byte, 1, 0) == 1;
  }
  return result;
}

}  // namespace lab03
