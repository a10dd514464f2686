#include "lab/postgres_link.hpp"

#include <libpq-fe.h>

#include <utility>

#include "postgres_parts.hpp"

namespace lab {

PostgresLink::PostgresLink(uv::Loop& loop, const std::string& url,
                           std::function<void()> on_up,
                           std::function<void(std::string)> on_down)
    : loop_(loop),
      on_up_(std::move(on_up)),
      on_down_(std::move(on_down)),
      connection_(nullptr, PQfinish) {
  check_postgres_address(url);
  connection_.reset(PQconnectStart(url.c_str()));
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  if (PQsocket(connection_.get()) < 0) {
    throw PostgresError("connect to PostgreSQL",
                        first_line(PQerrorMessage(connection_.get())), {});
  }
  watch(UV_WRITABLE);  // so libpq wants to be asked first
}

void PostgresLink::query(std::string sql, std::vector<std::string> parameters,
                         Answer answer) {
  if (state_ == State::down) return answer(postgres_error(sql, nullptr, nullptr));
  line_.push_back({std::move(sql), std::move(parameters), std::move(answer)});
  send_next();
}

// While it connects, libpq may go from one socket to another, which may get the number of
// the first: so each step has a watch of its own.
void PostgresLink::watch(int events) {
  const int fd = PQsocket(connection_.get());
  if (fd < 0) return;  // libpq has closed it; read() tells
  if (state_ == State::connecting) poll_.reset();
  if (!poll_) poll_ = std::make_unique<uv::Poll>(loop_, fd);
  poll_->start(events, [this] { ready(); });
}

void PostgresLink::ready() {
  if (state_ == State::connecting) return connect_on();
  flush();
  if (state_ == State::up) read();
}

void PostgresLink::connect_on() {
  const auto wants = PQconnectPoll(connection_.get());
  if (wants == PGRES_POLLING_READING) return watch(UV_READABLE);
  if (wants == PGRES_POLLING_WRITING) return watch(UV_WRITABLE);
  if (wants != PGRES_POLLING_OK) return ended();
  state_ = State::up;
  PQsetnonblocking(connection_.get(), 1);
  watch(UV_READABLE);  // also when nothing is asked: a server says that it goes
  on_up_();
  send_next();
}

void PostgresLink::send_next() {
  if (state_ != State::up || asking_ || line_.empty()) return;
  asking_ = true;
  const Query& next = line_.front();
  std::vector<const char*> values;
  for (const auto& parameter : next.parameters) values.push_back(parameter.c_str());
  const int sent = PQsendQueryParams(connection_.get(), next.sql.c_str(),
                                     static_cast<int>(values.size()), nullptr,
                                     values.data(), nullptr, nullptr, 0);
  if (sent == 1) flush();  // if not, the socket is readable now, and reading tells
}

// What the kernel does not take now, it will take later.
void PostgresLink::flush() {
  const int left = PQflush(connection_.get());
  watch(left == 1 ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

// A statement's answer is whole when PQgetResult has nothing more.
void PostgresLink::read() {
  if (PQconsumeInput(connection_.get()) != 1) state_ = State::down;
  while (asking_ && !PQisBusy(connection_.get())) {
    if (PGresult* const result = PQgetResult(connection_.get())) {
      results_.emplace_back(result);
    } else {
      finish();
    }
  }
  const bool alive = PQstatus(connection_.get()) == CONNECTION_OK;
  if (state_ == State::down || !alive) ended();
}

void PostgresLink::finish() {
  Query done = std::move(line_.front());
  line_.pop_front();
  asking_ = false;
  std::vector<PostgresRows> results = std::exchange(results_, {});
  const PGresult* const last = results.empty() ? nullptr : results.back().raw();
  if (succeeded(last)) {
    done.answer(std::move(results.back()));
  } else {
    done.answer(postgres_error(done.sql, last, connection_.get()));
  }
  send_next();
}

void PostgresLink::ended() {
  state_ = State::down;
  poll_.reset();
  const std::string why = first_line(PQerrorMessage(connection_.get()));
  for (const Query& query : std::exchange(line_, {})) {
    query.answer(PostgresError(query.sql, why, {}));
  }
  on_down_(why);
}

}  // namespace lab
