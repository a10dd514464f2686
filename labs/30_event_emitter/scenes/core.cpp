// core.cpp: what in Node's core is an emitter.
#include <fstream>
#include <optional>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/uv_http_client.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/programs.hpp"
#include "scenes/scenes.hpp"
#include "world/servers.hpp"

namespace lab30 {

using lab::Story;
namespace trace = lab::trace;

namespace {

// The claims as the compiler sees them; the scene shows that the events come, too.
static_assert(std::derived_from<FileReader, EventEmitter>);
static_assert(std::derived_from<TcpServer, EventEmitter>);
static_assert(std::derived_from<HttpServer, TcpServer>);
static_assert(!std::derived_from<std::ifstream, EventEmitter>);  // the control

// Adds to the log, and to the picture.
auto heard(Log& log, const char* lane, const char* what) {
  return [&log, lane, what](const auto&...) {
    trace::instant(what, {.lane = lane});
    log.add(what);
  };
}

struct Reading {
  std::size_t bytes = 0;
  Log log{};
};

Reading read(const std::filesystem::path& path) {
  Reading seen;
  lab::uv::Loop loop;
  FileReader reader(loop, path);
  reader.on(data, [&](std::string_view bytes) { seen.bytes += bytes.size(); });
  reader.once(data, heard(seen.log, "reader", "data"));
  reader.on(end, heard(seen.log, "reader", "end"));
  reader.on(error, heard(seen.log, "reader", "error"));
  loop.run();
  return seen;
}

// One request on a connection of its own: what came back.
std::string ask(lab::uv::Loop& loop, std::uint16_t port) {
  lab::uv::HttpClient client(loop, port);
  std::optional<lab::http::Result> result;
  client.request({.target = "/teapots"}, std::chrono::seconds(10),
                 [&](lab::http::Result ended) { result = std::move(ended); });
  while (!result) loop.run(UV_RUN_ONCE);
  const auto* response = std::get_if<lab::http::Response>(&*result);
  return response ? response->body : std::get<lab::http::ClientError>(*result).message;
}

// Two clients, and a listener for the first. No `request`: it knows bytes, no lines.
Log plain_server() {
  Log log;
  lab::uv::Loop loop;
  TcpServer server(loop);
  server.once(connection, heard(log, "net server", "connection"));
  for (int client = 0; client < 2; ++client) ask(loop, server.port());
  return log;
}

}  // namespace

void core(Story& story, const Knobs&) {
  story.say(
      "We read a file, and send requests to a TCP server and to an HTTP "
      "server. All three extend EventEmitter and emit what happens.");
  story.picture(lab::Picture::sequence, {"reader", "net server", "http server"});
  const auto path = lab::run_dir() / "file";
  std::ofstream(path) << std::string(100'000, 'x');
  const Reading whole = read(path);
  const Reading missing = read(path.parent_path() / "missing");
  story.claim("30.4",
              whole.bytes == 100'000 && whole.log.text() == "data > end" &&
                  missing.bytes == 0 && missing.log.text() == "error",
              "this lab's model of fs.ReadStream emitted {1} for {0}, and {2} for a "
              "missing file. The real class does the same in node.mjs",
              lab::text::bytes(whole.bytes), whole.log.text(), missing.log.text());

  const Log plain = plain_server();
  story.claim("30.5", plain.text() == "connection",
              "two clients connected to this lab's model of net.Server, and a listener "
              "added with `once` heard only the first: {}",
              plain.text());

  Log log;
  lab::uv::Loop loop;
  HttpServer server(loop);
  server.prepend(connection, heard(log, "http server", "connection"));
  server.on(request, heard(log, "http server", "request"));
  server.on(request, [](const Request&, const Reply& reply) {
    reply({.body = "short and stout"});
  });
  server.on(closed, heard(log, "http server", "close"));
  const std::string answer = ask(loop, server.port());
  server.close();
  loop.run();
  story.claim(
      "30.6", log.text() == "connection > request > close" && answer == "short and stout",
      "this lab's model of http.Server is a TCP server too. It emitted {}", log.text());
  story.nuance("30.6",
               "Not everything with events is an emitter. A MessagePort is an "
               "EventTarget, which is synchronous, too.");
  story.takeaway("Streams, servers and sockets are emitters: they call your listeners.");
}

}  // namespace lab30
