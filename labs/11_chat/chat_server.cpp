#include "chat_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace lab11 {

using Json = nlohmann::json;
using lab::websocket::Close;
using lab::websocket::Loop;
using lab::websocket::Peer;
namespace code = lab::websocket::code;

namespace {

constexpr std::size_t kNameBytes = 32;
constexpr std::size_t kSenderBytes = 64;
constexpr std::size_t kRoomsOfOne = 8;
constexpr std::uint64_t kLargest = 1ull << 53;  // a whole number in Lua and in browsers

bool good_name(const std::string& name) {
  return !name.empty() && name.size() <= kNameBytes;
}

Text text_of(const Json& json) {
  return std::make_shared<const std::string>(json.dump());
}

}  // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Counts, connections, said, encoded, delivered, gaps,
                                   repeated, cut, most_queued)

std::string Counts::text() const {
  return Json(*this).dump();
}

Counts Counts::parse(const std::string& text) {
  return Json::parse(text).get<Counts>();
}

// One connection of a person.
class ChatServer::Client final : public lab::websocket::Session,
                                 public std::enable_shared_from_this<Client> {
 public:
  Client(ChatServer& server, Peer peer) : server_(server), peer_(std::move(peer)) {}

  void on_open() override { ++server_.counts_.connections; }

  void on_text(std::string_view text) override {
    const Json message = Json::parse(text, nullptr, false);
    try {
      server_.understand(*this, message);
    } catch (const Json::exception&) {  // not JSON, or not what we speak
      peer_->close(code::policy, "not understood");
    }
  }

  void on_drained() override { server_.feed(*this); }
  void go_on() {
    if (peer_->waiting() == 0) server_.feed(*this);
  }

  void on_close(const Close&) override {
    --server_.counts_.connections;
    server_.leave(*this);
  }

  // Step 5: what the kernel does not take for a reader who does not read waits in our
  // memory. So it is bounded: over the limit he is cut, and nobody else notices. A chat
  // may not drop the oldest instead; a stock ticker should.
  void send(Text text) {
    const std::size_t waits = peer_->waiting();
    if (waits > 0 && waits + text->size() > server_.settings_.outbox) {
      if (!peer_->open()) return;
      ++server_.counts_.cut;
      server_.note("slow reader cut", user, waits);
      return peer_->close(kSlow, "too slow: come back and resume");
    }
    peer_->write(std::move(text));
    auto& most = server_.counts_.most_queued;
    most = std::max<std::uint64_t>(most, peer_->waiting());
  }
  void close(std::uint16_t why, const char* reason) { peer_->close(why, reason); }

  std::string user{};
  std::string sender{};
  std::set<std::string> rooms{};
  std::map<std::string, Position> behind{};  // rooms in which he still catches up

 private:
  ChatServer& server_;
  Peer peer_;
};

// The lab itself: it asks for figures, and breaks the relay.
class ChatServer::Control final : public lab::websocket::Session {
 public:
  Control(ChatServer& server, Peer peer) : server_(server), peer_(std::move(peer)) {}

  void on_text(std::string_view text) override {
    const bool on = text == "relay on", off = text == "relay off";
    if (server_.company_ && (on || off)) server_.company_->switch_relay(on);
    peer_->write(std::make_shared<const std::string>(server_.counts_.text()));
  }

 private:
  ChatServer& server_;
  Peer peer_;
};

// A room, and who of this server is in it.
struct ChatServer::Hall {
  struct Waiting {
    std::weak_ptr<Client> client;
    Position seen;
  };

  std::string name;
  Room room;
  Presence presence;
  std::set<std::shared_ptr<Client>> members{};
  std::vector<Waiting> waiting{};  // until the store has answered
  std::set<std::string> shown{};
  std::size_t shown_size = 0;
  bool loading = false;
  bool load_again = false;
};

ChatServer::ChatServer(Loop& loop, Settings settings, Company* company,
                       lab::websocket::Server::Pages pages, std::uint16_t port)
    : loop_(loop),
      settings_(std::move(settings)),
      company_(company),
      alive_(std::make_shared<ChatServer*>(this)),
      server_(
          loop,
          [this](const Peer& peer,
                 const std::string& target) -> std::shared_ptr<lab::websocket::Session> {
            if (target == "/chat") return std::make_shared<Client>(*this, peer);
            if (settings_.control.empty() || target != settings_.control) return nullptr;
            return std::make_shared<Control>(*this, peer);
          },
          settings_.socket, std::move(pages), port) {
  if (company_) {
    company_->on_message = [this](const auto& room, const auto& at, const auto& body) {
      arrived(room, at, body);
    };
    company_->on_listening = [this](const auto& room) {
      if (settings_.resumes || !hall(room).room.loaded()) load(hall(room));
    };
    company_->on_present = [this](const auto& room, const auto& server, auto users) {
      Hall& of = hall(room);
      of.presence.beat(server, std::move(users), std::chrono::steady_clock::now());
      show_present(of);
    };
  }
  beat();
}

ChatServer::~ChatServer() {
  *alive_ = nullptr;
}

void ChatServer::understand(Client& client, const Json& message) {
  const std::string does = message.at("do");
  if (does == "hello")
    return enter(client, message.at("user"), message.value("sender", ""));
  if (client.user.empty()) return client.close(code::policy, "who are you?");
  if (does == "join") {
    return join(client, message.at("room"),
                {message.value("epoch", ""), message.value("offset", std::uint64_t{0})});
  }
  if (does == "say") return say(client, message);
  client.close(code::policy, "not understood");
}

// A name may be there in several windows. Each has a sender of its own: their messages are
// counted apart, so that none is taken for the other's repeated one.
void ChatServer::enter(Client& client, const std::string& user,
                       const std::string& sender) {
  if (!good_name(user)) return client.close(code::policy, "a name of 1 to 32 bytes");
  if (sender.size() > kSenderBytes) return client.close(code::policy, "a long sender");
  client.sender = sender;
  const auto let_in = [weak = client.weak_from_this(), user](bool known) {
    const auto guest = weak.lock();
    if (!guest) return;
    if (!known) return guest->close(code::try_later, "nobody can sign in just now");
    guest->user = user;
    guest->send(text_of({{"is", "welcome"}, {"user", user}}));
  };
  if (sign_in) {
    sign_in(user, let_in);
  } else {
    let_in(true);
  }
}

// Step 2: whoever comes says what he saw last, and waits until this server knows the
// room.
void ChatServer::join(Client& client, const std::string& room, const Position& seen) {
  if (!good_name(room) || client.rooms.size() >= kRoomsOfOne) {
    return client.close(code::policy, "too many rooms, or a bad name");
  }
  const bool is_new = !halls_.contains(room);
  Hall& to = hall(room);
  if (!company_ || to.room.loaded()) return admit(client, to, seen);
  to.waiting.push_back({client.shared_from_this(), seen});
  if (is_new) company_->listen(room);  // its answer loads the room
}

void ChatServer::admit(Client& client, Hall& to, const Position& seen) {
  const bool came_back = !seen.epoch.empty();
  const Room::Resumed resumed = came_back ? to.room.resume(seen, 0) : Room::Resumed{};
  // Where the client is now; what it missed follows, in order, on the same connection.
  const Position at = resumed.recovered ? seen : to.room.position();
  client.send(text_of({{"is", "joined"},
                       {"room", to.name},
                       {"epoch", at.epoch},
                       {"offset", at.offset},
                       {"recovered", !came_back || resumed.recovered}}));
  if (!resumed.missed.empty()) client.behind[to.name] = at;  // fed as he reads
  client.rooms.insert(to.name);
  to.members.insert(client.shared_from_this());
  note("joined", to.name, to.members.size());
}

// Who catches up takes messages from the room's backlog, which is there anyway, as fast as
// he reads; only then is he sent what is new. Pushed at once, the backlog alone would
// overflow his queue, and he would be cut for ever.
void ChatServer::feed(Client& client) {
  while (!client.behind.empty()) {
    auto& [name, at] = *client.behind.begin();
    const Room::Resumed next = hall(name).room.resume(at, settings_.outbox / 2);
    if (!next.recovered) return client.close(kSlow, "too slow: come back");
    if (next.missed.empty()) {
      client.behind.erase(name);
      continue;
    }
    at.offset = next.missed.back().offset;
    counts_.delivered += next.missed.size();
    for (const Message& message : next.missed) client.send(message.wire);
    return;  // the rest when these have gone out
  }
}

// Step 3: store first. The author hears that it is kept; he reads it like everybody else.
void ChatServer::say(Client& client, const Json& message) {
  const std::string room = message.at("room");
  const std::uint64_t number = message.at("n");
  if (!client.rooms.contains(room)) return client.close(code::policy, "join it first");
  if (number == 0 || number > kLargest) return client.close(code::policy, "not a number");
  ++counts_.said;
  const Json body = {{"from", client.user},
                     {"n", number},
                     {"text", message.at("text").get<std::string>()},
                     {"at", message.value("at", std::int64_t{0})}};
  if (!company_) {  // alone: this server counts, and tells nobody else
    Hall& to = hall(room);
    const Position at{"alone", to.room.position().offset + 1};
    client.send(text_of({{"is", "stored"}, {"room", room}, {"n", number}}));
    return arrived(room, at, body.dump());
  }
  company_->append(
      room, {client.user, client.sender, number, body.dump()},
      [weak = client.weak_from_this(), room, number](const std::optional<Position>& at) {
        const auto author = weak.lock();
        if (!author) return;
        author->send(text_of(
            {{"is", at ? "stored" : "not stored"}, {"room", room}, {"n", number}}));
      });
}

void ChatServer::leave(Client& client) {
  for (const auto& room : client.rooms) {
    hall(room).members.erase(client.shared_from_this());
  }
  client.rooms.clear();
}

// Step 4: from the relay, and to everybody here: encoded once, shared by all queues.
void ChatServer::arrived(const std::string& room, const Position& at,
                         const std::string& body) {
  Hall& to = hall(room);
  const Message message{at.offset, encode(room, at, body)};
  if (!company_ && !to.room.loaded()) {
    (void)to.room.catch_up({.position = {at.epoch, at.offset - 1}});
  }
  const Room::Arrival arrival = to.room.arrive(at.epoch, message);
  if (arrival == Room::Arrival::next) return fan_out(to, message.wire);
  if (!settings_.resumes) {  // nobody looks at the numbers: whatever comes is shown
    if (arrival == Room::Arrival::ahead) {
      (void)to.room.catch_up({.position = at, .messages = {message}});
    }
    return fan_out(to, message.wire);
  }
  if (arrival == Room::Arrival::repeated) {
    ++counts_.repeated;
    return;
  }
  ++counts_.gaps;
  if (arrival == Room::Arrival::ahead) {
    note("gap", room, at.offset - to.room.position().offset - 1);
  } else {
    note("another epoch", room, at.offset);
  }
  load(to);
}

void ChatServer::load(Hall& of) {
  if (of.loading) {
    of.load_again = true;
    return;
  }
  of.loading = true;
  company_->history(of.name, of.room.position(),
                    [this, alive = alive_, &of](const std::optional<Stored>& stored) {
                      if (!*alive) return;
                      of.loading = false;
                      if (stored) loaded(of, *stored);
                      // Not answered: on_listening comes once the store is back.
                      if (stored && std::exchange(of.load_again, false)) load(of);
                    });
}

void ChatServer::loaded(Hall& of, const Stored& stored) {
  History history{.position = stored.position};
  for (const auto& [offset, body] : stored.bodies) {
    history.messages.push_back(
        {offset, encode(of.name, {stored.position.epoch, offset}, body)});
  }
  Position from = of.room.position();
  const Room::CaughtUp caught_up = of.room.catch_up(history);
  if (caught_up.lost) {
    from = of.room.position();
    note("lost for good", of.name, from.offset);
    from.offset -= caught_up.fresh.size();
  }
  for (const auto& member : of.members) {
    if (caught_up.lost) {
      member->behind.erase(of.name);
      member->send(text_of({{"is", "lost"},
                            {"room", of.name},
                            {"epoch", from.epoch},
                            {"offset", from.offset}}));
    }
    if (!caught_up.fresh.empty()) member->behind.try_emplace(of.name, from);
    member->go_on();
  }
  for (const auto& waiting : std::exchange(of.waiting, {})) {
    if (const auto client = waiting.client.lock()) admit(*client, of, waiting.seen);
  }
}

void ChatServer::fan_out(Hall& to, const Text& wire) {
  for (const auto& member : to.members) {
    if (member->behind.contains(to.name)) continue;  // it is in the backlog: see feed()
    ++counts_.delivered;
    member->send(wire);
  }
}

Text ChatServer::encode(const std::string& room, const Position& at,
                        const std::string& body) {
  ++counts_.encoded;
  return std::make_shared<const std::string>(
      fmt::format(R"({{"is":"said","room":{},"epoch":"{}","offset":{},{})",
                  Json(room).dump(), at.epoch, at.offset, body.substr(1)));
}

ChatServer::Hall& ChatServer::hall(const std::string& room) {
  auto& place = halls_[room];
  if (!place) {
    place = std::make_unique<Hall>(Hall{.name = room,
                                        .room = Room(settings_.backlog),
                                        .presence = Presence(settings_.present_for)});
  }
  return *place;
}

// Every server repeats who is with it. That heals what a lost word or a crash left.
void ChatServer::beat() {
  for (const auto& [name, of] : halls_) {
    std::set<std::string> users;
    for (const auto& member : of->members) {
      if (users.size() < settings_.listed) users.insert(member->user);
    }
    if (company_ && !of->members.empty()) company_->announce(name, users);
    if (!company_) {
      of->presence.beat(settings_.name, users, std::chrono::steady_clock::now());
    }
    show_present(*of);
  }
  loop_.after(settings_.beat, [this, alive = alive_] {
    if (*alive) beat();
  });
}

void ChatServer::show_present(Hall& of) {
  auto present = of.presence.present(std::chrono::steady_clock::now());
  if (present == of.shown) return;
  of.shown = std::move(present);
  const Text text = text_of({{"is", "present"}, {"room", of.name}, {"users", of.shown}});
  for (const auto& member : of.members) member->send(text);
}

void ChatServer::note(const char* what, const std::string& room, std::uint64_t number) {
  if (on_event) on_event(what, room, number);
}

}  // namespace lab11
