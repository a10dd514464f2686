// postgres_link.hpp: one connection to PostgreSQL on libuv's loop: libpq, without waiting.
//
//   connecting --> up: on_up; connecting, up -- it ends or refuses --> down: on_down
//
// Lifetime  Down is for good: who wants another connection makes another link. Destroying
//           the link forgets what waits. REQUIRES: not destroyed from a callback of its
//           own; a timer may do that.
// Threads   None: it belongs to its loop.
// Errors    A query that fails is answered with its error. When the connection ends, all
//           that wait are, and then on_down says why, once. An address that cannot be one
//           throws.
// Cost      One query is under way at a time, as PostgreSQL has it; the others wait here.
// Surprise  A host that is a name is looked up by libpq in the constructor, which blocks:
//           give an address in numbers where that matters.
// Source    libpq's documentation, "Asynchronous Command Processing" and PQconnectPoll.
// Left out  Pipelines, a deadline: pg_stat_activity and statement_timeout have those.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "lab/postgres.hpp"
#include "lab/uv.hpp"

namespace lab {

class PostgresLink {
 public:
  using Answer = std::function<void(std::variant<PostgresRows, PostgresError>)>;

  PostgresLink(uv::Loop& loop, const std::string& url, std::function<void()> on_up,
               std::function<void(std::string why)> on_down);
  PostgresLink(const PostgresLink&) = delete;
  PostgresLink& operator=(const PostgresLink&) = delete;

  // One statement; $1 stands for the first parameter. Once it is down: an error, at once.
  void query(std::string sql, std::vector<std::string> parameters, Answer answer);

 private:
  struct Query {
    std::string sql;
    std::vector<std::string> parameters;
    Answer answer;
  };

  void watch(int events);
  void ready();
  void connect_on();
  void send_next();
  void flush();
  void read();
  void finish();
  void ended();

  uv::Loop& loop_;
  std::function<void()> on_up_;
  std::function<void(std::string)> on_down_;
  std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
  std::unique_ptr<uv::Poll> poll_;  // after the connection: it goes first
  std::deque<Query> line_{};        // its first is under way
  std::vector<PostgresRows> results_{};
  enum class State { connecting, up, down } state_ = State::connecting;
  bool asking_ = false;
};

}  // namespace lab
