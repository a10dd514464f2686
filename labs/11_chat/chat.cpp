#include "chat.hpp"

#include <fmt/format.h>

#include <exception>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

namespace lab11 {

using Json = nlohmann::json;
using lab::Where;
using lab::websocket::Peer;
namespace code = lab::websocket::code;

namespace {

constexpr std::size_t kNameLength = 32;
constexpr std::size_t kWindowBytes = 64;
constexpr std::size_t kRoomsOfOne = 8;
constexpr std::size_t kShownUsers = 100;
// The largest whole number that browsers, Lua and we all hold exactly.
constexpr std::uint64_t kLargest = (1ull << 53) - 1;
// What stands around a message's body at most; most of it is a room's name, escaped.
constexpr std::size_t kEnvelope = 512;

// As `maxlength` in a browser counts: a character beyond U+FFFF is two.
bool good_name(const std::string& name) {
  std::size_t length = 0;
  for (const char byte : name) {
    const auto value = static_cast<unsigned char>(byte);
    if ((value & 0xc0) != 0x80) length += value >= 0xf0 ? 2 : 1;
  }
  return length >= 1 && length <= kNameLength;
}

struct NotOurs : std::exception {};  // JSON, but nothing that we speak

// 1.5, -1, true and "1" are no whole numbers, though nlohmann would convert most of them.
std::uint64_t whole(const Json& message, const char* key) {
  const Json& value = message.at(key);
  if (!value.is_number_unsigned() || value > kLargest) throw NotOurs();
  return value;
}
std::uint64_t whole_or_0(const Json& message, const char* key) {
  return message.contains(key) ? whole(message, key) : 0;
}

Text text_of(const Json& json) {
  return std::make_shared<const std::string>(json.dump());
}

bool saw_more(const Position& client, const Position& server) {
  return client.epoch == server.epoch && client.offset > server.offset;
}

// All names of a large room would be longer than a message may be.
Text present(const std::string& room, const std::set<std::string>& shown) {
  Json users = Json::array();
  for (auto user = shown.begin(); user != shown.end() && users.size() < kShownUsers;
       ++user)
    users.push_back(*user);
  return text_of(
      {{"is", "present"}, {"room", room}, {"count", shown.size()}, {"users", users}});
}

}  // namespace

// A room, as far as this server is concerned.
struct ChatServer::Room {
  struct Joining {
    std::weak_ptr<Client> client;
    Position seen;
  };

  std::string name;
  RoomHistory history;
  Presence presence;
  std::set<std::shared_ptr<Client>> members{};
  std::vector<Joining> joining{};  // until the store has answered
  std::set<std::string> shown{};   // whom the members were last told to be here
  bool loading = false;
  bool load_again = false;
};

// One connection of a person.
class ChatServer::Client final : public lab::websocket::Session,
                                 public std::enable_shared_from_this<Client> {
 public:
  Client(ChatServer& chat, Peer peer)
      : reader(std::move(peer), chat.settings_.queue_limit), chat_(chat) {}

  void on_open() override { connections(+1); }
  void on_text(std::string_view text) override {
    try {
      chat_.understand(*this, Json::parse(text));
    } catch (const Json::exception&) {  // not JSON, or not what we speak
      reader.close(code::policy, "not understood");
    } catch (const NotOurs&) {
      reader.close(code::policy, "not a whole number");
    }
  }
  void on_drained() override {
    waiting();
    go_on();
  }
  void on_close(const lab::websocket::Close&) override {
    connections(-1);
    for (const auto& name : rooms) chat_.room_of(name).members.erase(shared_from_this());
  }

  void send(const Text& text) {
    const bool was_open = reader.open();
    if (reader.send(text)) return waiting();
    if (was_open) chat_.note("too slow: disconnected");
  }
  void go_on() {
    reader.feed([this](const auto& room) -> auto& {
      return chat_.room_of(room).history;
    });
  }

  std::string user{};
  std::string window{};
  std::set<std::string> rooms{};  // in which it is, or will be once they are loaded
  Reader reader;

 private:
  void connections(int change, Where where = Where::here()) {
    chat_.connections_ += static_cast<std::uint64_t>(change);
    if (chat_.observers_.on_connections)
      chat_.observers_.on_connections(chat_.connections_, where);
  }
  void waiting(Where where = Where::here()) const {
    if (chat_.observers_.on_waiting)
      chat_.observers_.on_waiting(user, reader.waiting(), where);
  }

  ChatServer& chat_;
};

void ChatServer::understand(Client& client, const Json& message) {
  const std::string does = message.at("do");
  if ((does == "hello") != client.user.empty())
    return client.reader.close(code::policy, "say hello first, and once");
  if (does == "hello") return hello(client, message);
  if (does == "join") {
    return join(client, message.at("room"),
                {message.value("epoch", ""), whole_or_0(message, "offset")});
  }
  if (does == "say") return say(client, message);
  client.reader.close(code::policy, "not understood");
}

// One name may be here in several windows. Their messages are counted apart, so that none
// is taken for a repeated one of another window.
void ChatServer::hello(Client& client, const Json& message) {
  const std::string user = message.at("user"), window = message.value("window", "");
  if (!good_name(user) || window.size() > kWindowBytes)
    return client.reader.close(code::policy, "a name has 1 to 32 characters");
  client.user = user;
  client.window = window;
  client.send(text_of({{"is", "welcome"}, {"user", user}}));
}

// A client that joins says what it saw last, and waits until this server knows the
// room. It may have seen more than we have, on another server while our relay was away:
// then we must catch up first, or it would be told that it cannot resume.
void ChatServer::join(Client& client, const std::string& name, const Position& seen) {
  if (!good_name(name))
    return client.reader.close(code::policy, "a room's name has 1 to 32 characters");
  if (!client.rooms.contains(name) && client.rooms.size() >= kRoomsOfOne) {
    return client.send(
        text_of({{"is", "not joined"}, {"room", name}, {"why", "too many rooms"}}));
  }
  client.rooms.insert(name);  // now: many may be asked for before the first is loaded
  Room& room = room_of(name);
  const bool is_loaded = room.history.loaded();
  if (is_loaded && !saw_more(seen, room.history.position()))
    return admit(client, room, seen);
  room.joining.push_back({client.weak_from_this(), seen});
  if (is_loaded) return load(room);
  backplane_.subscribe(name);  // which loads the room, and then admits all who wait
}

void ChatServer::admit(Client& client, Room& room, const Position& seen) {
  const bool comes_back = !seen.epoch.empty();
  const auto resumed = comes_back ? room.history.resume(seen, 0) : RoomHistory::Resumed{};
  // Where the client is now; what it missed follows, in order, on the same connection.
  const Position at = resumed.recovered ? seen : room.history.position();
  client.reader.is_up_to_date(room.name);
  client.send(text_of({{"is", "joined"},
                       {"room", room.name},
                       {"epoch", at.epoch},
                       {"offset", at.offset},
                       {"recovered", !comes_back || resumed.recovered}}));
  if (!room.shown.empty()) client.send(present(room.name, room.shown));
  if (!resumed.missed.empty()) client.reader.is_behind(room.name, at);
  room.members.insert(client.shared_from_this());
  note("joined");
}

// Step 6: store first. The author is told that the message is stored, and reads it from
// the relay like everybody else.
void ChatServer::say(Client& client, const Json& message) {
  const std::string room = message.at("room");
  const std::uint64_t number = whole(message, "n");
  if (!client.rooms.contains(room) || number == 0)
    return client.reader.close(code::policy, "join it first, and count from 1");
  const std::string body = Json{
      {"from", client.user},
      {"n", number},
      {"text", message.at("text").get<std::string>()},
      {"at", whole_or_0(message, "at")},
      {"context", hop(whole_or_0(message, "context"),
                      0)}}.dump();
  // A reader takes no longer messages than we do, and to him it comes in an envelope.
  if (body.size() + kEnvelope > settings_.socket.message_limit) {
    return client.send(text_of(
        {{"is", "refused"}, {"room", room}, {"n", number}, {"why", "it is too long"}}));
  }
  backplane_.append(
      room, {client.user, client.window, number, body},
      [weak = client.weak_from_this(), room, number](const auto& at) {
        const auto author = weak.lock();
        if (!author) return;
        author->send(text_of(
            {{"is", at ? "stored" : "not stored"}, {"room", room}, {"n", number}}));
      });
}

// Step 7: a message comes from the relay. The next one in order goes to everybody here;
// anything else shows that the relay has lost something, and the store is asked for it.
void ChatServer::arrived(Room& room, const Position& at, const std::string& body) {
  const Message message{at.offset, encode(room.name, at, body)};
  const auto arrival = room.history.arrive(at.epoch, message);
  if (arrival == RoomHistory::Arrival::next) return fan_out(room, message.wire);
  if (!settings_.closes_gaps) {  // nobody looks at the numbers: show what comes
    (void)room.history.catch_up({.position = at, .messages = {message}});
    return fan_out(room, message.wire);
  }
  if (arrival == RoomHistory::Arrival::repeated) return;
  note(arrival == RoomHistory::Arrival::ahead ? "a gap" : "another epoch");
  load(room);
}

// One question at a time, and again until the store has answered: members may wait.
void ChatServer::load(Room& room) {
  if (std::exchange(room.loading, true)) {
    room.load_again = true;
    return;
  }
  const auto go_on = [this, alive = alive_, &room] {
    if (!*alive) return;
    room.loading = false;
    load(room);
  };
  backplane_.history(room.name, room.history.position(),
                     [this, alive = alive_, &room, go_on](const auto& stored) {
                       if (!*alive) return;
                       if (!stored) return loop_.after(settings_.ask_again, go_on);
                       loaded(room, *stored);
                       room.loading = false;
                       if (std::exchange(room.load_again, false)) load(room);
                     });
}

void ChatServer::loaded(Room& room, const StoredBodies& stored) {
  StoredMessages messages{.position = stored.position};
  for (const auto& [offset, body] : stored.bodies) {
    const Position at{stored.position.epoch, offset};
    messages.messages.push_back({offset, encode(room.name, at, body)});
  }
  Position from = room.history.position();
  const auto caught_up = room.history.catch_up(messages);
  if (caught_up.lost) {
    from = room.history.position();
    from.offset -= caught_up.fresh.size();
    tell_lost(room, from);
  }
  for (const auto& member : room.members) {
    if (!caught_up.fresh.empty()) member->reader.is_behind(room.name, from);
    member->go_on();
  }
  for (const auto& joining : std::exchange(room.joining, {})) {
    if (const auto client = joining.client.lock()) admit(*client, room, joining.seen);
  }
}

void ChatServer::tell_lost(Room& room, const Position& from) {
  note("messages are lost for good");
  const Text lost = text_of({{"is", "lost"},
                             {"room", room.name},
                             {"epoch", from.epoch},
                             {"offset", from.offset}});
  for (const auto& member : room.members) {
    member->reader.is_up_to_date(room.name);
    member->send(lost);
  }
}

void ChatServer::fan_out(Room& room, const Text& wire) {
  for (const auto& member : room.members) {
    if (!member->reader.behind(room.name)) member->send(wire);  // else feed() does
  }
}

Text ChatServer::encode(const std::string& room, const Position& at,
                        const std::string& body) const {
  std::uint64_t context = 0;
  if (observers_.on_hop)
    context = hop(Json::parse(body).value("context", context), at.offset);
  return std::make_shared<const std::string>(
      fmt::format(R"({{"is":"said","room":{},"epoch":"{}","offset":{},"hop":{},{})",
                  Json(room).dump(), at.epoch, at.offset, context, body.substr(1)));
}

ChatServer::Room& ChatServer::room_of(const std::string& name) {
  auto& room = rooms_[name];
  if (!room) {
    room = std::make_unique<Room>(Room{.name = name,
                                       .history = RoomHistory(settings_.history),
                                       .presence = Presence(settings_.presence_lease)});
  }
  return *room;
}

void ChatServer::repeat_presence() {
  for (const auto& [name, room] : rooms_) {
    std::set<std::string> users;
    for (const auto& member : room->members) users.insert(member->user);
    if (!users.empty()) {
      backplane_.announce(name, users);
      note("presence");
    }
    show_presence(*room);
  }
  loop_.after(settings_.presence_every, [this, alive = alive_] {
    if (*alive) repeat_presence();
  });
}

void ChatServer::show_presence(Room& room) {
  auto now_present = room.presence.present(std::chrono::steady_clock::now());
  if (now_present == room.shown) return;
  room.shown = std::move(now_present);
  const Text text = present(room.name, room.shown);
  for (const auto& member : room.members) member->send(text);
}

void ChatServer::note(std::string_view what, Where where) const {
  if (observers_.on_event) observers_.on_event(what, where);
}

std::uint64_t ChatServer::hop(std::uint64_t context, std::uint64_t offset,
                              Where where) const {
  return observers_.on_hop && context ? observers_.on_hop(context, offset, where) : 0;
}

ChatServer::ChatServer(lab::websocket::Loop& loop, ChatSettings settings,
                       Backplane& backplane, ChatObservers observers,
                       lab::websocket::Server::Pages pages)
    : loop_(loop),
      settings_(std::move(settings)),
      backplane_(backplane),
      observers_(std::move(observers)) {
  server_ = std::make_unique<lab::websocket::Server>(
      loop,
      [this](const Peer& peer, const std::string& target) {
        return target == "/chat" ? std::make_shared<Client>(*this, peer) : nullptr;
      },
      settings_.socket, std::move(pages));
  backplane_.on_message = [this](const auto& name, const auto& at, const auto& body) {
    arrived(room_of(name), at, body);
  };
  backplane_.on_subscribed = [this](const auto& name) {
    Room& room = room_of(name);
    if (settings_.closes_gaps || !room.history.loaded() || !room.joining.empty())
      load(room);
  };
  backplane_.on_present = [this](const auto& name, const auto& from, auto users) {
    Room& room = room_of(name);
    room.presence.beat(from, std::move(users), std::chrono::steady_clock::now());
    show_presence(room);
  };
  repeat_presence();
}

ChatServer::~ChatServer() {
  *alive_ = false;
  const auto nobody = [](auto&&...) {};  // the backplane may still bring something
  backplane_.on_message = nobody;
  backplane_.on_subscribed = nobody;
  backplane_.on_present = nobody;
}

std::uint16_t ChatServer::port() const {
  return server_->port();
}

}  // namespace lab11
