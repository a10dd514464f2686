#include "chat_client.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace lab11 {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
using lab::websocket::Close;

namespace {

std::int64_t now_ns() {
  return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
}

}  // namespace

// A connection's view of its client, who may have gone.
class ChatClient::Link final : public lab::websocket::Session {
 public:
  explicit Link(const std::shared_ptr<ChatClient*>& client) : client_(client) {}

  void on_open() override {
    if (!*client_) return;
    (*client_)->send(Json{{"do", "hello"}, {"user", (*client_)->user()}}.dump());
  }
  void on_text(std::string_view text) override {
    if (*client_) (*client_)->hear(text);
  }
  void on_close(const Close& close) override {
    if (*client_) (*client_)->lost(close);
  }

 private:
  std::shared_ptr<ChatClient*> client_;
};

ChatClient::ChatClient(lab::websocket::Loop& loop, ClientSettings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      alive_(std::make_shared<ChatClient*>(this)),
      backoff_(settings_.backoff, settings_.longest_backoff),
      random_(settings_.seed) {
  connect();
}

ChatClient::~ChatClient() {
  *alive_ = nullptr;
  peer_->drop();
}

void ChatClient::connect() {
  const auto port = settings_.servers.at(server_ % settings_.servers.size());
  peer_ = lab::websocket::connect(loop_, port, "/chat", std::make_shared<Link>(alive_),
                                  settings_.socket);
}

void ChatClient::say(std::string text) {
  unsaid_.push_back(std::move(text));
  say_next();
}

// One at a time: the next goes out when the last is known to be stored. So the order is
// ours, and after a break there is one message only of which nobody knows.
void ChatClient::say_next() {
  if (!joined_ || saying_ || unsaid_.empty()) return;
  saying_ = true;
  send(Json{{"do", "say"},
            {"room", settings_.room},
            {"n", number_},
            {"text", unsaid_.front()},
            {"at", now_ns()}}
           .dump());
}

void ChatClient::hear(std::string_view text) {
  const Json message = Json::parse(text);
  const std::string& is = message.at("is").get_ref<const std::string&>();
  if (is == "said") {
    const std::uint64_t offset = message.at("offset");
    const std::string& author = message.at("from").get_ref<const std::string&>();
    diary_.histories.back().push_back(
        {offset, fmt::format("{}:{}", author, message.at("n").get<std::uint64_t>())});
    position_ = {message.at("epoch"), offset};
    if (author == user()) own_seen_ = message.at("n");
    const std::int64_t at = message.at("at");
    if (at > 0) diary_.latency.record(std::chrono::nanoseconds(now_ns() - at));
  } else if (is == "stored") {
    if (message.at("n") != number_) return;  // the answer to what was said twice
    saying_ = false;
    diary_.confirmed.push_back(fmt::format("{}:{}", user(), number_));
    unsaid_.pop_front();
    ++number_;
    say_next();
  } else if (is == "not stored") {
    loop_.after(settings_.backoff, [alive = alive_] {
      if (!*alive) return;
      (*alive)->saying_ = false;
      (*alive)->say_next();
    });
  } else if (is == "welcome") {
    Json join{{"do", "join"}, {"room", settings_.room}};
    if (settings_.resumes && !position_.epoch.empty()) {
      join["epoch"] = position_.epoch;
      join["offset"] = position_.offset;
    }
    send(join.dump());
  } else if (is == "joined") {
    const bool came_back = settings_.resumes && !position_.epoch.empty();
    const bool recovered = message.at("recovered");
    ++diary_.joined;
    diary_.recovered += came_back && recovered;
    diary_.refused += !recovered;
    if (!recovered) diary_.histories.emplace_back();
    position_ = {message.at("epoch"), message.at("offset")};
    joined_ = true;
    backoff_.succeeded();
    say_next();
  } else if (is == "lost") {
    ++diary_.told_lost;
    diary_.histories.emplace_back();
    position_ = {message.at("epoch"), message.at("offset")};
  } else if (is == "present") {
    diary_.present = message.at("users").get<std::vector<std::string>>();
  }
}

// Step 11: the server is gone. Another one will do: all that must come along is the
// position, and it is ours.
void ChatClient::lost(const Close& close) {
  diary_.closes.push_back(close.code);
  joined_ = saying_ = false;
  if (left_) return;
  ++server_;
  const double chance = std::uniform_real_distribution<>(0, 1)(random_);
  const auto wait = backoff_.next(chance);
  diary_.waits.push_back(wait);
  loop_.after(wait, [alive = alive_] {
    if (*alive && !(*alive)->left_) (*alive)->connect();
  });
}

void ChatClient::send(std::string text) {
  peer_->write(std::make_shared<const std::string>(std::move(text)));
}

void ChatClient::pause(bool pause) {
  peer_->pause(pause);
}

void ChatClient::leave() {
  left_ = true;
  peer_->close(lab::websocket::code::normal);
}

void ChatClient::drop() {
  peer_->drop();
}

std::size_t ChatClient::seen() const {
  std::size_t all = 0;
  for (const auto& history : diary_.histories) all += history.size();
  return all;
}

}  // namespace lab11
