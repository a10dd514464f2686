// Lab 01's loop as a contestant, and Asio's: peers_01 NAME COUNT.
#include <sys/epoll.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

#include "lab/uv/immediates.hpp"
#include "lab/uv/timeouts.hpp"
#include "lab/uv/uv.hpp"
#include "timed.hpp"

namespace {

namespace asio = boost::asio;

// --- a turn: one callback, which asks for the next, and one look at the kernel ---

// The look alone.
std::string kernel_turns(std::int64_t count) {
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event events[1];
  for (std::int64_t i = 0; i < count; ++i) epoll_wait(poll, events, 1, 0);
  close(poll);
  return fmt::format("{} turns", count);
}

std::string turns(std::int64_t count) {
  lab::uv::Loop loop;
  lab::uv::Immediates immediates(loop);
  std::int64_t made = 0;
  const std::function<void()> link = [&] {
    if (made++ < count) immediates.set_immediate([&] { link(); });
  };
  link();
  loop.run();
  return fmt::format("{} turns", made - 1);
}

std::string asio_turns(std::int64_t count) {
  asio::io_context context(1);
  asio::steady_timer open(context, std::chrono::hours(1));  // else it asks no kernel
  open.async_wait([](const boost::system::error_code&) {});
  std::int64_t made = 0;
  const std::function<void()> link = [&] {
    if (made++ < count) asio::post(context, [&] { link(); });
  };
  link();
  while (context.poll_one() > 0) {  // run() would drain its queue without a look
  }
  return fmt::format("{} turns", made - 1);
}

// --- timers: a thousand at a time, due in 1 to 3 ms, all fire ---

constexpr std::int64_t kAtOnce = 1000;

template <class Batch>
std::string timers(std::int64_t count, Batch batch) {
  std::int64_t fired = 0;
  for (std::int64_t left = count; left > 0; left -= kAtOnce) {
    batch(std::min(left, kAtOnce), fired);
  }
  return fmt::format("{} fired", fired);
}

std::string uv_timers(std::int64_t count) {
  return timers(count, [](std::int64_t batch, std::int64_t& fired) {
    lab::uv::Loop loop;
    lab::uv::Timeouts timeouts(loop);
    for (std::int64_t i = 0; i < batch; ++i) {
      timeouts.set_timeout([&] { ++fired; }, 1.0 + static_cast<double>(i % 3));
    }
    loop.run();
  });
}

std::string asio_timers(std::int64_t count) {
  return timers(count, [](std::int64_t batch, std::int64_t& fired) {
    asio::io_context context(1);
    std::vector<std::unique_ptr<asio::steady_timer>> all;
    for (std::int64_t i = 0; i < batch; ++i) {
      all.push_back(std::make_unique<asio::steady_timer>(
          context, std::chrono::milliseconds(1 + i % 3)));
      all.back()->async_wait([&](const boost::system::error_code&) { ++fired; });
    }
    context.run();
  });
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"kernel-turns", kernel_turns},
    {"turns", turns},
    {"asio-turns", asio_turns},
    {"timers", uv_timers},
    {"asio-timers", asio_timers}};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_01 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
}
