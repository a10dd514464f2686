#include <fstream>

#include "experiments.hpp"
#include "lab/run_dir.hpp"
#include "scenes.hpp"
#include "servers.hpp"

namespace lab30 {

namespace {

// The claims, as the compiler sees them; the scenes show that the events come, too.
static_assert(std::derived_from<FileReader, EventEmitter>);
static_assert(std::derived_from<TcpServer, EventEmitter>);
static_assert(std::derived_from<HttpServer, TcpServer>);
static_assert(!std::derived_from<std::ifstream, EventEmitter>);  // the control

// Whether it is one, asked while the program runs: of what somebody handed over.
template <class Base, class Object>
bool is_a(Object& object) {
  return dynamic_cast<Base*>(&object) != nullptr;
}

struct Reading {
  bool is_emitter = false;
  std::size_t bytes = 0;
  int pieces = 0;
  bool ended_last = false;
  std::string failed{};
};

Reading read(const std::filesystem::path& path) {
  Reading seen;
  lab::uv::Loop loop;
  FileReader reader(loop, path);
  seen.is_emitter = is_a<EventEmitter>(reader);
  reader.on(data, [&](std::string_view bytes) {
    lab::trace::instant("data", {.lane = "reader", .args = {{"bytes", bytes.size()}}});
    seen.bytes += bytes.size();
    ++seen.pieces;
    seen.ended_last = false;
  });
  reader.on(end, [&] { seen.ended_last = true; });
  reader.on(error, [&](const std::exception_ptr& problem) {
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& exception) {
      seen.failed = exception.what();
    }
  });
  loop.run();
  return seen;
}

// One request on a connection of its own: what came back until the server closed it, or
// within ten seconds.
std::string ask(lab::uv::Loop& loop, std::uint16_t port) {
  lab::uv::Tcp client(loop);
  std::string answer;
  bool done = false;
  lab::uv::Timer deadline(loop);
  deadline.start(std::chrono::seconds(10), [&] { done = true; });
  const std::string question = "GET /teapots HTTP/1.1\r\nHost: lab\r\n\r\n";
  client.connect(port, [&](int status) {
    if (status < 0) return void(done = true);
    client.read_start([&](std::string_view bytes, int ended) {
      answer.append(bytes);
      done = done || ended < 0;
    });
    client.write(question, [](int) {});
  });
  while (!done) loop.run(UV_RUN_ONCE);
  return answer;
}

// Emits none of `request`: it knows bytes, no lines.
Log plain_server() {
  Log log;
  lab::uv::Loop loop;
  TcpServer server(loop);
  server.once(connection, log.says("connection"));
  server.on(request, log.says("request"));
  ask(loop, server.port());
  ask(loop, server.port());  // nobody listens any more
  return log;
}

}  // namespace

void core(Story& story) {
  const auto path = lab::run_dir() / "file";
  std::ofstream(path) << std::string(100'000, 'x');
  const Reading whole = read(path);
  const Reading missing = read(path.parent_path() / "missing");
  story.claim(
      "30.4", "fs.ReadStream extends EventEmitter",
      whole.is_emitter && whole.bytes == 100'000 && whole.pieces == 7 &&
          whole.ended_last && !missing.failed.empty() && missing.pieces == 0,
      "a reader is one: {} x data, {} bytes, then end; a missing file: error ({})",
      whole.pieces, whole.bytes, missing.failed.substr(0, 4));

  const Log plain = plain_server();
  Log log;
  lab::uv::Loop loop;
  HttpServer server(loop);
  TcpServer& as_tcp = server;
  server.prepend(connection, log.says("connection"));
  server.on(request, [&](const Request& asked) {
    log.add("request " + asked.target);
    asked.reply("short and stout");
  });
  const std::string answer = ask(loop, server.port());
  server.on(closed, log.says("close"));
  server.close();
  loop.run();

  story.claim("30.5", "net.Server extends EventEmitter",
              is_a<EventEmitter>(as_tcp) && plain.text() == "connection",
              "two clients, the listener was there for one: {}", plain.text());
  story.claim("30.6", "http.Server extends EventEmitter",
              is_a<EventEmitter>(server) && is_a<HttpServer>(as_tcp) &&
                  log.text() == "connection > request /teapots > close" &&
                  answer.ends_with("short and stout"),
              "and it is a net.Server: {}; the plain server never says request",
              log.text());
  story.nuance("30.6",
               "not everything that has events is one: a MessagePort is an EventTarget, "
               "and fs.promises gives file handles, promises instead of events");
}

}  // namespace lab30
