#include "world/app.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <deque>

#include "lab/core/trace.hpp"
#include "lab/os/proc.hpp"
#include "worker.hpp"

namespace lab06 {

using namespace std::chrono_literals;
using lab::uv::HttpServer;

namespace {

void compute() {
  volatile unsigned sum = 1;
  for (int i = 0; i < 1'000'000; ++i) sum = sum * 31 + static_cast<unsigned>(i);
}

class App {
 public:
  App(lab::uv::Loop& loop, std::string lane) : loop_(loop), lane_(std::move(lane)) {}

  void handle(const lab::http::Request& request, HttpServer::Reply reply) {
    most_at_once_ = std::max(most_at_once_, ++at_once_);
    if (request.target == "/wait") return wait(std::move(reply));
    if (request.target == "/cpu") {
      const lab::trace::Span span("compute", {.lane = lane_});
      compute();
    }
    answer(reply, request.target == "/" || request.target == "/cpu" ? 200 : 404);
  }

 private:
  // They all wait for the same time, so the first in the queue is the first to be due.
  void wait(HttpServer::Reply reply) {
    waits_.push_back(std::make_unique<lab::uv::Timer>(loop_));
    waits_.back()->start(50ms, [this, reply = std::move(reply)] {
      answer(reply, 200);
      waits_.pop_front();
    });
  }
  void answer(const HttpServer::Reply& reply, int status) {
    --at_once_;
    lab::trace::counter("requests", ++requests_, {.lane = lane_});
    const auto cpu = lab::cpu_time() - started_;
    reply({.status = status,
           .body = fmt::format("{} {} {} {}", getpid(), requests_, most_at_once_,
                               cpu.count())});
  }

  lab::uv::Loop& loop_;
  const std::string lane_;
  const std::chrono::microseconds started_ = lab::cpu_time();  // to start is no request
  std::deque<std::unique_ptr<lab::uv::Timer>> waits_;
  int requests_ = 0;
  int at_once_ = 0;
  int most_at_once_ = 0;
};

}  // namespace

static int serve(std::span<const std::string> args, const std::string& name) {
  if (args.size() != 3) return 2;
  lab::uv::Loop loop;
  App app(loop, name + args[2]);
  WorkerProcess worker(
      loop, std::stoi(args[0]), std::stoi(args[1]),
      [&app](const lab::http::Request& request, HttpServer::Reply reply) {
        app.handle(request, std::move(reply));
      });
  worker.run();
  return 0;
}

int worker_main(std::span<const std::string> args) {
  return serve(args, "worker ");
}

int control_main(std::span<const std::string> args) {
  return serve(args, "control ");
}

int doomed_main(std::span<const std::string> args) {
  if (args.size() != 3) return 2;
  static_cast<void>(send_packet(std::stoi(args[0]), Say::ready));
  return 1;
}

}  // namespace lab06
