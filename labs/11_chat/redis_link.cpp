#include "redis_link.hpp"

#include <memory>
#include <utility>

namespace lab11 {

namespace {

struct Pending {
  RedisLink::Answer answer;
  bool subscription;
};

// hiredis calls this for each answer, and once with nullptr when the connection ends.
void answered(redisAsyncContext*, void* reply, void* data) {
  auto* const pending = static_cast<Pending*>(data);
  const bool last = !pending->subscription || !reply;
  if (pending->answer) pending->answer(static_cast<redisReply*>(reply));
  if (last) delete pending;
}

redisAsyncContext* open(const std::string& url) {
  if (url.starts_with("unix://")) return redisAsyncConnectUnix(url.c_str() + 7);
  const std::string place = url.substr(url.find("//") + 2);
  const auto colon = place.rfind(':');
  return redisAsyncConnect(place.substr(0, colon).c_str(),
                           std::stoi(place.substr(colon + 1)));
}

}  // namespace

RedisLink::RedisLink(lab::uv::Loop& loop, const std::string& url,
                     std::function<void()> on_up,
                     std::function<void(std::string)> on_down)
    : on_up_(std::move(on_up)), on_down_(std::move(on_down)) {
  context_ = open(url);
  if (!context_ || context_->err) {
    const std::string why = context_ ? context_->errstr : "out of memory";
    if (context_) redisAsyncFree(std::exchange(context_, nullptr));
    later_.emplace(loop);
    later_->start(std::chrono::milliseconds(0), [this, why] { down(why); });
    return;
  }
  poll_.emplace(loop, context_->c.fd);
  context_->data = context_->ev.data = this;
  const auto set = [](void* self, int add, int remove) {
    auto* const link = static_cast<RedisLink*>(self);
    link->want((link->wanted_ | add) & ~remove);
  };
  static constexpr auto kSet = set;
  context_->ev.addRead = [](void* self) { kSet(self, UV_READABLE, 0); };
  context_->ev.delRead = [](void* self) { kSet(self, 0, UV_READABLE); };
  context_->ev.addWrite = [](void* self) { kSet(self, UV_WRITABLE, 0); };
  context_->ev.delWrite = [](void* self) { kSet(self, 0, UV_WRITABLE); };
  context_->ev.cleanup = [](void* self) { static_cast<RedisLink*>(self)->want(0); };
  redisAsyncSetConnectCallback(context_, [](const redisAsyncContext* of, int status) {
    auto* const self = static_cast<RedisLink*>(of->data);
    if (status == REDIS_OK) return self->on_up_();
    self->context_ = nullptr;  // hiredis frees it
    self->down(of->errstr);
  });
  redisAsyncSetDisconnectCallback(context_, [](const redisAsyncContext* of, int) {
    auto* const self = static_cast<RedisLink*>(of->data);
    self->context_ = nullptr;
    self->down(of->errstr);
  });
}

RedisLink::~RedisLink() {
  going_ = true;
  if (context_) redisAsyncFree(std::exchange(context_, nullptr));
}

void RedisLink::command(const std::vector<std::string>& words, Answer answer) {
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
    (void)pending.release();
  } else if (pending->answer) {
    pending->answer(nullptr);
  }
}

void RedisLink::want(int events) {
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

void RedisLink::down(const std::string& why) {
  poll_.reset();  // before hiredis closes the descriptor
  if (!going_) on_down_(why);
}

}  // namespace lab11
