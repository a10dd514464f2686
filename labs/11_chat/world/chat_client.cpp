#include "world/chat_client.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "lab/core/trace.hpp"

namespace lab11 {

using Json = nlohmann::json;
using std::chrono::milliseconds;
namespace code = lab::websocket::code;
namespace trace = lab::trace;

// A connection's view of its client, which may have gone.
class ChatClient::Link final : public lab::websocket::Session {
 public:
  explicit Link(const std::shared_ptr<ChatClient*>& client) : client_(client) {}

  void on_open() override {
    if (!*client_) return;
    (*client_)->send({{"do", "hello"}, {"user", (*client_)->settings_.user}});
  }
  void on_text(std::string_view text) override {
    if (*client_) (*client_)->heard(Json::parse(text));
  }
  void on_close(const lab::websocket::Close& close) override {
    if (*client_) (*client_)->lost(close);
  }

 private:
  std::shared_ptr<ChatClient*> client_;
};

ChatClient::ChatClient(lab::websocket::Loop& loop, ClientSettings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      alive_(std::make_shared<ChatClient*>(this)),
      random_(settings_.seed) {
  if (settings_.draws) trace::actor(settings_.user, trace::Actor::client);
  connect();
}

ChatClient::~ChatClient() {
  *alive_ = nullptr;
  peer_->drop();
}

void ChatClient::connect() {
  since_ = std::chrono::steady_clock::now();
  const auto port = settings_.servers.at(server_ % settings_.servers.size());
  peer_ = lab::websocket::connect(loop_, port, "/chat", std::make_shared<Link>(alive_),
                                  settings_.socket);
}

void ChatClient::say(std::string text) {
  unsaid_.push_back(std::move(text));
  say_next();
}

// One at a time: the next goes out when the last is known to be stored. So the order is
// ours, and after a break there is only one message of which nobody knows.
void ChatClient::say_next() {
  if (!joined_ || saying_ || unsaid_.empty()) return;
  saying_ = true;
  const lab::EventId hop = settings_.draws
                               ? trace::flow_out(fmt::format("\"{}\"", unsaid_.front()),
                                                 {.lane = settings_.user})
                               : 0;
  send({{"do", "say"},
        {"room", settings_.room},
        {"n", number_},
        {"text", unsaid_.front()},
        {"context", hop}});
}

void ChatClient::heard(const Json& message) {
  const std::string& is = message.at("is").get_ref<const std::string&>();
  if (is == "said") return heard_said(message);
  // Of another number: the answer to a message that was sent twice.
  if (is == "stored" || is == "refused") {
    if (message.at("n") == number_) said(is == "stored");
    return;
  }
  if (is == "welcome") return join();
  if (is == "joined") return heard_joined(message);
  if (is == "present")
    diary_.present = message.at("users").get<std::vector<std::string>>();
  if (is == "lost") {
    ++diary_.told_lost;
    diary_.histories.emplace_back();
    position_ = {message.at("epoch"), message.at("offset")};
  }
  if (is == "not stored") {
    loop_.after(milliseconds(50), [alive = alive_] {
      if (!*alive) return;
      (*alive)->saying_ = false;
      (*alive)->say_next();
    });
  }
}

void ChatClient::heard_said(const Json& message) {
  const std::string& author = message.at("from").get_ref<const std::string&>();
  const std::uint64_t number = message.at("n");
  position_ = {message.at("epoch"), message.at("offset")};
  diary_.histories.back().push_back(
      {position_.offset, fmt::format("{}:{}", author, number)});
  if (author == settings_.user) own_seen_ = number;
  const lab::EventId hop = message.at("hop");
  if (hop && settings_.draws) trace::flow_in(hop, "read", {.lane = settings_.user});
}

// A refused message was not stored, so the next one gets its number.
void ChatClient::said(bool stored) {
  saying_ = false;
  unsaid_.pop_front();
  if (stored) {
    diary_.confirmed.push_back(fmt::format("{}:{}", settings_.user, number_++));
  } else {
    ++diary_.refused;
  }
  say_next();
}

void ChatClient::join() {
  Json join{{"do", "join"}, {"room", settings_.room}};
  if (settings_.resumes && !position_.epoch.empty()) {
    join["epoch"] = position_.epoch;
    join["offset"] = position_.offset;
  }
  send(join);
}

void ChatClient::heard_joined(const Json& message) {
  const bool recovered = message.at("recovered");
  const bool came_back = settings_.resumes && !position_.epoch.empty();
  ++diary_.joined;
  diary_.recovered += came_back && recovered;
  if (!recovered) diary_.histories.emplace_back();
  position_ = {message.at("epoch"), message.at("offset")};
  joined_ = true;
  draw(came_back && recovered ? "resumed" : "joined");
  say_next();
}

// The server has gone, and any other will do. The position is all that must come
// along, and it is ours. What every server would refuse again is not tried again.
void ChatClient::lost(const lab::websocket::Close& close) {
  diary_.close_codes.push_back(close.code);
  const bool was_saying = std::exchange(saying_, false);
  joined_ = false;
  if (close.code == code::too_big && was_saying) said(false);
  gave_up_ = close.code == code::policy;
  if (gave_up_) return;
  ++server_;
  const auto lasted =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - since_);
  const auto wait =
      backoff_.next(std::uniform_real_distribution<>(0, 1)(random_), lasted);
  diary_.waits.push_back(wait);
  draw("waits to come back");
  loop_.after(wait, [alive = alive_] {
    if (*alive) (*alive)->connect();
  });
}

void ChatClient::draw(const char* state) const {
  if (settings_.draws) trace::state(settings_.user, state);
}

void ChatClient::send(const Json& message) {
  peer_->write(std::make_shared<const std::string>(message.dump()));
}

std::size_t ChatClient::seen() const {
  std::size_t all = 0;
  for (const auto& history : diary_.histories) all += history.size();
  return all;
}

std::string ChatClient::seen_text() const {
  std::string all;
  for (const auto& history : diary_.histories) {
    for (const Seen& seen : history) all += (all.empty() ? "" : " ") + seen.id;
  }
  return all;
}

}  // namespace lab11
