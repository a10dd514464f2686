// Lab 07's workers as a contestant: peers_07 NAME COUNT. A kilobyte goes to a worker and
// comes back, one after another.
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstring>
#include <functional>
#include <map>
#include <stdexcept>
#include <vector>

#include "lab/uv/uv.hpp"
#include "timed.hpp"
#include "worker_process.hpp"
#include "workers.hpp"
#include "world/worker_role.hpp"

namespace {

using namespace lab07;

// What the worker does with the message, and what comes of it is told.
std::string answer_to(std::string_view bytes) {
  std::string answer(bytes);
  ++answer[0];
  return answer;
}

// `trip` takes a kilobyte there and back, and answers what came.
template <class Trip>
std::string trips(std::int64_t count, Trip trip) {
  const std::string message(1024, 'a');
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < count; ++i) right += trip(message)[0] == 'b';
  return fmt::format("{} answers", right);
}

std::string called(std::int64_t count) {
  return trips(count, answer_to);
}

// `submit` hands a job to a pool; the caller sleeps until the answer is there.
template <class Submit>
std::string asleep(std::int64_t count, Submit submit) {
  return trips(count, [&](const std::string& message) {
    std::string answer;
    std::atomic<bool> back = false;
    submit([&, copy = message] {
      answer = answer_to(copy);
      back = true;
      back.notify_one();
    });
    back.wait(false);
    return answer;
  });
}

std::string to_pool(std::int64_t count) {
  ThreadPool pool({.threads = 1});
  return asleep(count, [&](auto job) {
    (void)pool.submit([job](const std::stop_token&) { job(); });
  });
}

std::string to_asio(std::int64_t count) {
  boost::asio::thread_pool pool(1);
  return asleep(count, [&](auto job) { boost::asio::post(pool, job); });
}

// The caller is a loop, as in Node, and hears of the answer as an event.
std::string to_pool_from_loop(std::int64_t count) {
  ThreadPool pool({.threads = 1});
  lab::uv::Loop loop;
  const std::string message(1024, 'a');
  std::string answer;
  std::int64_t right = 0, left = count;
  std::function<void()> ask;
  lab::uv::Async answered(loop, [&] {
    right += answer[0] == 'b';
    if (--left > 0) return ask();
    loop.stop();
  });
  ask = [&] {
    (void)pool.submit([&, copy = message](const std::stop_token&) {
      answer = answer_to(copy);
      answered.send();
    });
  };
  ask();
  loop.run();
  return fmt::format("{} answers", right);
}

std::string to_process(std::int64_t count) {
  static WorkerProcess worker;
  return trips(count, [&](const std::string& message) {
    worker.ask({.ask = Ask::echo}, message);
    return answer_to(worker.bytes());
  });
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"call", called},
    {"asio", to_asio},
    {"pool", to_pool},
    {"pool-loop", to_pool_from_loop},
    {"process", to_process}};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 3 && std::strcmp(argv[1], "--role") == 0)
    return worker_main(std::vector<std::string>(argv + 3, argv + argc));
  if (argc != 3) throw std::invalid_argument("peers_07 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
}
