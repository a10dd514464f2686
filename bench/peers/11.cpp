// Lab 11's chat as a contestant, and the clients that talk to every contestant:
//   peers_11 ask DIALECT COUNT COMMAND...   two servers, 40 clients in one room
//   peers_11 serve REDIS NAME FD            one server
//   peers_11 redis REDIS COUNT              redis-benchmark on the same Redis
//   peers_11 service FILE                   the Redis
#include <algorithm>
#include <csignal>
#include <map>
#include <stdexcept>

#include "chat.hpp"
#include "lab/core/histogram.hpp"
#include "lab/db/redis_server.hpp"
#include "offer.hpp"
#include "served.hpp"
#include "timed.hpp"

namespace {

using namespace lab11;
using namespace std::chrono_literals;
namespace ws = lab::websocket;

constexpr int kClients = 40;
constexpr std::string_view kText =
    "a message of some length, as people send them to each";

std::int64_t now_ns() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// What stands behind `"name":` in a text, as far as a number goes.
std::int64_t number_in(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) throw lab::Error("understand", text);
  return std::strtoll(text.data() + at + name.size(), nullptr, 10);
}

// How a client and a server talk. A message to all is what stands between said and said_end.
struct Dialect {
  std::string target;
  std::map<std::string, std::string> answers;  // to a text that begins so
  std::string joined, said, said_end;
};

Dialect plain(const std::string& room, const std::string& user) {
  return {.target = "/chat",
          .answers = {{"", R"({"do":"hello","user":")" + user + R"("})"},
                      {R"("is":"welcome")", R"({"do":"join","room":")" + room + R"("})"}},
          .joined = R"("is":"joined")",
          .said = R"({"do":"say","room":")" + room + "\",",
          .said_end = "}"};
}

// Engine.IO 4 over WebSocket, and Socket.IO 5 in it.
Dialect socket_io(const std::string& room, const std::string&) {
  return {
      .target = "/socket.io/?EIO=4&transport=websocket",
      .answers = {{"0{", "40"}, {"40", R"(42["join",")" + room + R"("])"}, {"2", "3"}},
      .joined = R"(42["joined")",
      .said = R"(42["say",{"room":")" + room + "\",",
      .said_end = "}]"};
}

struct Talk {
  std::int64_t left_to_say = 0;
  std::int64_t heard = 0;
  lab::Latency latency{};
};

// Says the next thing once its last one has come back to it.
class Talker : public ws::Session, public std::enable_shared_from_this<Talker> {
 public:
  Talker(Talk& talk, Dialect dialect, std::string user)
      : talk_(talk),
        dialect_(std::move(dialect)),
        own_(fmt::format(R"("from":"{}")", user)),
        user_(std::move(user)) {}

  void connect(ws::Loop& loop, std::uint16_t port) {
    peer_ = ws::connect(loop, port, dialect_.target, shared_from_this());
  }
  void on_open() override {
    if (const auto first = dialect_.answers.find(""); first != dialect_.answers.end())
      write(first->second);
  }
  void on_text(std::string_view text) override {
    if (text.find(kText) != std::string_view::npos) return hear(text);
    if (text.find(dialect_.joined) != std::string_view::npos) joined_ = true;
    for (const auto& [to, answer] : dialect_.answers) {
      const bool in_text = to.starts_with('"') && text.find(to) != std::string_view::npos;
      if (!to.empty() && (in_text || text.starts_with(to))) write(answer);
    }
  }
  void say() {
    if (talk_.left_to_say == 0) return;
    --talk_.left_to_say;
    write(fmt::format(R"({}"n":{},"text":"{}","from":"{}","at":{}{})", dialect_.said,
                      ++said_, kText, user_, now_ns(), dialect_.said_end));
  }
  bool joined() const { return joined_; }

 private:
  void hear(std::string_view text) {
    ++talk_.heard;
    talk_.latency.record(std::chrono::nanoseconds(now_ns() - number_in(text, "\"at\":")));
    if (text.find(own_) != std::string_view::npos) say();
  }
  void write(std::string text) {
    peer_->write(std::make_shared<const std::string>(std::move(text)));
  }

  Talk& talk_;
  const Dialect dialect_;
  const std::string own_, user_;
  ws::Peer peer_;
  std::int64_t said_ = 0;
  bool joined_ = false;
};

void ask(const std::string& dialect, std::int64_t count,
         std::vector<std::string> command) {
  command.push_back("A");
  const peers::Served a(command);
  command.back() = "B";
  const peers::Served b(command);
  Talk talk;
  ws::Loop loop;
  std::vector<std::shared_ptr<Talker>> talkers;
  const std::string room = fmt::format("room-{}", getpid());
  for (int i = 0; i < kClients; ++i) {
    const std::string user = fmt::format("user-{}", i);
    const Dialect words = dialect == "plain" ? plain(room, user) : socket_io(room, user);
    talkers.push_back(std::make_shared<Talker>(talk, words, user));
    talkers.back()->connect(loop, i % 2 ? a.port() : b.port());
  }
  const auto all_joined = [&] {
    return std::ranges::all_of(talkers, [](const auto& one) { return one->joined(); });
  };
  if (!loop.run_until(all_joined, 20s)) throw lab::Error("join", "no answer in 20 s");
  peers::timed(
      count,
      [&](std::int64_t messages) {
        talk = {.left_to_say = messages};
        for (const auto& one : talkers) one->say();
        const auto all = [&] { return talk.heard >= messages * kClients; };
        (void)loop.run_until(all, 60s);
        return fmt::format("{} deliveries", talk.heard);
      },
      [&] { return a.cpu_ns() + b.cpu_ns(); }, peers::Nothing(),
      [&] { return talk.latency.percentile(99); });
}

[[noreturn]] void serve(const std::string& redis, const std::string& name,
                        const char* descriptor) {
  std::signal(SIGPIPE, SIG_IGN);  // hiredis writes to a Redis that has just gone
  lab::uv::Loop services;
  ws::Loop sockets;
  sockets.wake_on(uv_backend_fd(services.raw()));
  Backplane backplane(services, {.url = redis, .prefix = "peers:", .server = name});
  const ChatServer server(sockets, {.queue_limit = 16 << 20}, backplane);
  peers::tell_port(descriptor, server.port());
  for (;;) {
    services.run(UV_RUN_NOWAIT);
    const int due = uv_backend_timeout(services.raw());
    sockets.turn(milliseconds(due < 0 ? 1000 : due));
  }
}

// One message published, to nobody, by as many connections: nothing is delivered.
void redis_benchmark(const std::string& redis, std::int64_t count) {
  const std::string count_text = std::to_string(count);
  const std::int64_t cpu = peers::own_cpu_ns();
  lab::Child child = lab::Child::run(
      {"redis-benchmark", "-s", redis.substr(std::string("unix://").size()), "-n",
       count_text, "-c", std::to_string(kClients), "-q", "--csv", "publish", "room",
       std::string(kText)},
      {.deadline = 60s});
  const std::string& out = child.wait().out;  // a line of names; "publish ...","a second"
  const auto at = out.rfind(std::string(kText) + "\",\"");
  if (at == std::string::npos) throw lab::Error("run redis-benchmark", child.wait().err);
  const double rate = std::stod(out.substr(at + kText.size() + 3));
  peers::tell({.operations = count,
               .ns = static_cast<std::int64_t>(static_cast<double>(count) / rate * 1e9),
               .cpu_ns = peers::own_cpu_ns() - cpu,
               .check = "a rate"});
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string what = words.empty() ? "" : words[0];
  if (what == "service" && argc == 3) {
    unsetenv("LAB_REDIS_URL");
    const lab::RedisServer redis;
    peers::offer(words[1], {{"redis", redis.url()}});
  }
  if (what == "serve" && argc == 5) serve(words[1], words[2], argv[4]);
  if (what == "redis" && argc == 4) {
    redis_benchmark(words[1], std::stoll(words[2]));
  } else if (what == "ask" && argc > 4) {
    ask(words[1], std::stoll(words[2]), {words.begin() + 3, words.end()});
  } else {
    throw std::invalid_argument("peers_11 ask DIALECT COUNT COMMAND...");
  }
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
