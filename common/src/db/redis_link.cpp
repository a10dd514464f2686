#include "lab/db/redis_link.hpp"

#include <hiredis/async.h>

#include <utility>

namespace lab {

namespace {

struct Pending {
  RedisLink::Answer answer;
  bool subscription;
};

// hiredis calls this for each reply, and once with nullptr when the connection ends.
void answered(redisAsyncContext*, void* reply, void* data) {
  auto* const pending = static_cast<Pending*>(data);
  const bool last = !pending->subscription || !reply;
  if (pending->answer) pending->answer(static_cast<redisReply*>(reply));
  if (last) delete pending;
}

redisAsyncContext* begin_to_connect(const RedisAddress& to) {
  if (!to.socket.empty()) return redisAsyncConnectUnix(to.socket.c_str());
  return redisAsyncConnect(to.host.c_str(), to.port);
}

}  // namespace

RedisLink::RedisLink(uv::Loop& loop, const std::string& url, std::function<void()> on_up,
                     std::function<void(std::string)> on_down, std::string name)
    : address_(RedisAddress::parse(url)),
      name_(std::move(name)),
      on_up_(std::move(on_up)),
      on_down_(std::move(on_down)),
      context_(begin_to_connect(address_)),
      later_(loop) {
  if (!context_ || context_->err) {  // at once: a unix socket that is not there
    const std::string why = context_ ? context_->errstr : "out of memory";
    if (context_) redisAsyncFree(std::exchange(context_, nullptr));
    later_.start(std::chrono::milliseconds(0), [this, why] { ended(why); });
    return;
  }
  poll_ = std::make_unique<uv::Poll>(loop, context_->c.fd);
  hand_to_loop();
  let_in();
}

RedisLink::~RedisLink() {
  going_ = true;
  if (context_) redisAsyncFree(std::exchange(context_, nullptr));
  answer_early();
}

// What hiredis asks of an event loop, and what it tells.
void RedisLink::hand_to_loop() {
  context_->data = context_->ev.data = this;
  static constexpr auto of = [](void* self) { return static_cast<RedisLink*>(self); };
  context_->ev.addRead = [](void* self) {
    of(self)->want(of(self)->wanted_ | UV_READABLE);
  };
  context_->ev.delRead = [](void* self) {
    of(self)->want(of(self)->wanted_ & ~UV_READABLE);
  };
  context_->ev.addWrite = [](void* self) {
    of(self)->want(of(self)->wanted_ | UV_WRITABLE);
  };
  context_->ev.delWrite = [](void* self) {
    of(self)->want(of(self)->wanted_ & ~UV_WRITABLE);
  };
  context_->ev.cleanup = [](void* self) { of(self)->want(0); };
  redisAsyncSetConnectCallback(context_, [](const redisAsyncContext* on, int status) {
    if (status != REDIS_OK) of(on->data)->ended(on->errstr);
  });
  redisAsyncSetDisconnectCallback(context_, [](const redisAsyncContext* on, int) {
    of(on->data)->ended(on->errstr);
  });
}

// Before any other command: who we are. PING tells that the other end is a Redis, and lets
// us in.
void RedisLink::let_in() {
  const auto check = [this](const redisReply* reply) { check_entry(reply); };
  if (!address_.user.empty()) {
    send({"AUTH", address_.user, address_.password}, check);
  } else if (!address_.password.empty()) {
    send({"AUTH", address_.password}, check);
  }
  if (address_.database) send({"SELECT", std::to_string(address_.database)}, check);
  if (!name_.empty()) send({"CLIENT", "SETNAME", name_}, check);
  send({"PING"}, [this](const redisReply* reply) {
    check_entry(reply);
    if (!reply || !refused_.empty()) return;
    up_ = true;
    for (auto& [words, answer] : std::exchange(early_, {})) send(words, answer);
    on_up_();
  });
}

// A Redis that refuses keeps the connection: it is for us to end it.
void RedisLink::check_entry(const redisReply* reply) {
  if (!reply || reply->type != REDIS_REPLY_ERROR || !refused_.empty()) return;
  refused_ = reply->str;
  redisAsyncDisconnect(context_);
}

void RedisLink::command(const std::vector<std::string>& words, Answer answer) {
  if (context_ && !up_) return early_.push_back({words, std::move(answer)});
  send(words, std::move(answer));
}

void RedisLink::send(const std::vector<std::string>& words, Answer answer) {
  if (!context_) {
    if (answer) answer(nullptr);
    return;
  }
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  const bool subscription = words[0] == "SUBSCRIBE";
  auto pending = std::make_unique<Pending>(Pending{std::move(answer), subscription});
  const int result =
      redisAsyncCommandArgv(context_, answered, pending.get(),
                            static_cast<int>(words.size()), texts.data(), sizes.data());
  if (result == REDIS_OK) {
    (void)pending.release();  // answered() frees it
  } else if (pending->answer) {
    pending->answer(nullptr);
  }
}

void RedisLink::answer_early() {
  for (const auto& early : std::exchange(early_, {})) {
    if (early.answer) early.answer(nullptr);
  }
}

// libuv refuses only a descriptor that another watcher has, which would be our own bug. It
// ends the process here: thrown on, it would unwind hiredis, which is C.
void RedisLink::want(int events) noexcept {
  if (!poll_ || events == wanted_) return;
  wanted_ = events;
  if (events == 0) return poll_->stop();
  poll_->start(events, [this] { ready(); });
}

// An error on the socket counts as ready, so that hiredis meets it.
void RedisLink::ready() {
  const int wanted = wanted_;
  if (context_ && wanted & UV_WRITABLE) redisAsyncHandleWrite(context_);
  if (context_ && wanted & UV_READABLE) redisAsyncHandleRead(context_);
}

void RedisLink::ended(std::string why) {
  context_ = nullptr;
  up_ = false;
  poll_.reset();  // before hiredis closes the descriptor
  if (!refused_.empty()) why = refused_;
  answer_early();
  if (!going_) on_down_(why.empty() ? "the connection ended" : why);
}

}  // namespace lab
