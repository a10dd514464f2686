// client.hpp: one GET on a loop, over a connection of its own; and visitors, who ask without
// waiting for each other's answers.
//
// A visit begins when it is told to, however slow the answers are: who waits for one answer
// before asking again measures least when there is most to see (coordinated omission).
//
// Threads   The loop's; a `stage` is set by the server's thread.
// Lifetime  A Fetch ends with its object, answered or not, and must go before its loop. It
//           may go from inside on_answer, if nothing of the callback is used afterwards.
// Errors    Refused, cut off or not HTTP: an Answer with status 0.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <functional>
#include <iterator>
#include <list>
#include <string>

#include "lab/histogram.hpp"
#include "lab/uv.hpp"

namespace lab23 {

struct Answer {
  int status = 0;  // 0: none came
  std::string body{};
};

// What stands in the bytes of a whole reply.
inline Answer read_answer(const std::string& bytes) {
  Answer answer;
  const std::size_t head = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.1 ") || head == std::string::npos) return answer;
  std::from_chars(bytes.data() + 9, bytes.data() + bytes.size(), answer.status);
  answer.body = bytes.substr(head + 4);
  return answer;
}

class Fetch {
 public:
  Fetch(
      lab::uv::Loop& loop, std::uint16_t port, const std::string& target,
      std::function<void(const Answer&)> on_answer,
      std::function<void()> on_connected = [] {})
      : peer_(loop),
        question_(fmt::format("GET {} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n",
                              target)),
        on_answer_(std::move(on_answer)),
        on_connected_(std::move(on_connected)) {
    peer_.connect(port, [this](int status) { status < 0 ? end() : ask(); });
  }

  // Instead of the one that the constructor was given. Nothing is answered before the
  // loop runs.
  void on_answer(std::function<void(const Answer&)> call) {
    on_answer_ = std::move(call);
  }

 private:
  void ask() {
    on_connected_();
    peer_.write(question_, [](int) {});
    peer_.read_start([this](std::string_view bytes, int status) {
      answer_.append(bytes);
      if (status < 0) end();
    });
  }
  void end() {
    peer_.close();
    const auto on_answer = std::move(on_answer_);  // it may end this object
    on_answer(read_answer(answer_));
  }

  lab::uv::Tcp peer_;
  const std::string question_;
  std::string answer_{};
  std::function<void(const Answer&)> on_answer_;
  std::function<void()> on_connected_;
};

enum class Stage { before, during, after };  // of what the server has to do besides

struct Visit {
  using Time = std::chrono::steady_clock::time_point;

  Time begun{}, connected{}, answered{};
  Stage begun_at{}, connected_at{}, answered_at{};
  int status = -1;  // -1: not answered yet
};

class Visitors {
 public:
  Visitors(lab::uv::Loop& loop, std::uint16_t port, const std::atomic<Stage>& stage)
      : loop_(loop), port_(port), stage_(stage) {}

  void visit(const std::string& target) {
    Visit& visit = visits_.emplace_back();
    visit.begun_at = stage_;
    visit.begun = now();
    ++waiting_;
    fetches_.emplace_back(
        loop_, port_, target,
        [this, &visit](const Answer& answer) {
          visit.answered_at = stage_;
          visit.answered = now();
          visit.status = answer.status;
          latency_.record(visit.answered - visit.begun);
          --waiting_;
        },
        [this, &visit] {
          visit.connected_at = stage_;
          visit.connected = now();
        });
  }

  int waiting() const { return waiting_; }
  const std::list<Visit>& visits() const { return visits_; }
  const lab::Latency& latency() const { return latency_; }

  // The same, and how long those who are not answered yet have waited so far: where
  // nobody is answered, only these tell.
  lab::Latency until_now() const {
    lab::Latency all = latency_;
    for (const Visit& visit : visits_)
      if (visit.status < 0) all.record(now() - visit.begun);
    return all;
  }

  // Counts anew. REQUIRES: not from inside a visit's callback.
  void forget_answered() {
    latency_ = {};
    auto fetch = fetches_.begin();
    for (auto visit = visits_.begin(); visit != visits_.end();) {
      const bool answered = visit->status >= 0;
      fetch = answered ? fetches_.erase(fetch) : std::next(fetch);
      visit = answered ? visits_.erase(visit) : std::next(visit);
    }
  }

 private:
  static Visit::Time now() { return std::chrono::steady_clock::now(); }

  lab::uv::Loop& loop_;
  const std::uint16_t port_;
  const std::atomic<Stage>& stage_;
  std::list<Visit> visits_{};
  std::list<Fetch> fetches_{};
  lab::Latency latency_{};
  int waiting_ = 0;
};

}  // namespace lab23
