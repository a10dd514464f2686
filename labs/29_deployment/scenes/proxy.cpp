// proxy.cpp: nginx in front of the app.
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>
#include <future>
#include <map>
#include <sstream>
#include <thread>

#include "lab/core/error.hpp"
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/http.hpp"
#include "lab/net/loopback.hpp"
#include "lab/net/nginx_server.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "world/app.hpp"

namespace lab29 {

namespace trace = lab::trace;
using lab::Child;
using lab::NginxServer;
using lab::Picture;
using lab::Story;
using lab::http::Response;
using Clock = std::chrono::steady_clock;

namespace {

std::string content(const std::filesystem::path& file) {
  return {std::istreambuf_iterator<char>(std::ifstream(file).rdbuf()), {}};
}

// A key and a certificate that only clients of this run trust.
std::string make_certificate() {
  const std::string folder = lab::run_dir();
  const lab::Exit made =
      Child::run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                  "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-keyout",
                  folder + "/key.pem", "-out", folder + "/cert.pem", "-subj",
                  "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"})
          .wait();
  if (!made.ok()) throw lab::Error("make a certificate", made.err);
  return folder + "/cert.pem";
}

// The next connection's first bytes, read off the wire and answered.
std::string next_bytes(const lab::Descriptor& listener) {
  const lab::Descriptor peer(accept(listener.get(), nullptr, nullptr));
  char bytes[4'096];
  const ssize_t size = recv(peer.get(), bytes, sizeof bytes, 0);
  constexpr std::string_view kReply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  static_cast<void>(send(peer.get(), kReply.data(), kReply.size(), MSG_NOSIGNAL));
  return {bytes, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

Child curl(std::vector<std::string> args, std::string user = "") {
  args.insert(args.begin(), {"curl", "-sS", "--max-time", "10"});
  return Child::run(std::move(args), {.deadline = 20s, .user = std::move(user)});
}

void draw(std::string_view what, std::string_view from, std::string_view to,
          lab::Where where = lab::Where::here()) {
  trace::flow_in(trace::flow_out(what, {.lane = from}, where), what, {.lane = to}, where);
}

// The app has no port: it listens in nginx's folder, which others may not enter.
void behind_a_socket(Story& story) {
  const NginxServer nginx({}, {.upstream = "server unix:app.sock;"});
  const std::string path = nginx.folder() / "app.sock";
  const lab::Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  lab::check_errno(bind(listener.get(), where, sizeof address), "bind " + path);
  lab::check_errno(listen(listener.get(), 100), "listen on " + path);
  lab::check_errno(chmod(path.c_str(), 0666), "let nginx connect");
  const App app({}, listener);
  const App open({});  // the control, on a port

  const int through = ask(nginx.port(), {}).status;
  struct stat folder {};
  lab::check_errno(stat(lab::run_dir().c_str(), &folder), "look at the folder");
  const bool closed = (folder.st_mode & 0077) == 0;
  const bool root = geteuid() == 0;
  const std::string other = root ? "daemon" : "";
  const bool refused =
      !root || curl({"--unix-socket", path, "http://app/"}, other).wait().code == 7;
  const bool reached =
      curl({fmt::format("127.0.0.1:{}", open.port())}, other).wait().ok();
  story.claim("29.7", through == 200 && closed && refused && reached,
              "nginx reached the app on its unix socket, and {}. Control: on a TCP port, "
              "it was reached past nginx",
              root ? "another user was refused there"
                   : "the folder is closed to others (to try it as one takes root)");
}

}  // namespace

void proxy(Story& story, const Knobs&) {
  story.say(
      "A client speaks TLS to nginx, and behind it we read what arrives at the app, byte "
      "for byte. Then the client asks for a static file. Finally the app listens only on "
      "a unix socket in nginx's own folder, and somebody else tries to reach it.");
  story.picture(Picture::nodes, {"client", "nginx", "the app"});
  const std::string cert = make_certificate();
  const std::string logo(300'000, '\x07');
  const lab::Descriptor backend = lab::loopback::listen();
  const std::uint16_t port = lab::loopback::port_of(backend);
  const NginxServer nginx(
      std::vector{port},
      {.server = "ssl_certificate cert.pem; ssl_certificate_key key.pem;\n"
                 "location /static/ { root .; }",
       .location = "proxy_set_header X-Forwarded-Proto $scheme;",
       .listen = "ssl",
       .files = {{"cert.pem", content(cert)},
                 {"key.pem", content(lab::run_dir() / "key.pem")},
                 {"static/logo", logo}}});
  const std::string url = fmt::format("https://127.0.0.1:{}/", nginx.port());
  Child client = curl({"--cacert", cert, "-w", " %{scheme} %{ssl_verify_result}", url});
  const std::string seen = next_bytes(backend);
  // Newer releases of curl write the scheme in small letters.
  const std::string got = client.wait().out;
  const bool verified = got == "ok HTTPS 0" || got == "ok https 0";
  const std::string first_line = seen.substr(0, seen.find("\r\n"));
  draw("GET / by TLS", "client", "nginx");
  draw(first_line, "nginx", "the app");
  Child direct = curl({"--cacert", cert, fmt::format("https://127.0.0.1:{}/", port)});
  const std::string encrypted = next_bytes(backend);
  story.claim("29.4",
              verified && first_line.starts_with("GET / HTTP/1.") &&
                  seen.find("X-Forwarded-Proto: https\r\n") != seen.npos &&
                  encrypted.starts_with("\x16\x03"),
              "the client verified the certificate, and the app read \"{}\" and "
              "\"X-Forwarded-Proto: https\". Control: without nginx the app read a TLS "
              "handshake",
              first_line);
  story.nuance("29.4",
               "Before version 1.30 nginx speaks HTTP/1.0 to the app and closes each "
               "connection, unless you set proxy_http_version 1.1, an empty Connection "
               "header and keepalive.");

  const std::string file = curl({"--cacert", cert, url + "static/logo"}).wait().out;
  draw("GET /static/logo", "client", "nginx");
  draw("the file", "nginx", "client");
  pollfd asked{backend.get(), POLLIN, 0};
  story.claim("29.5", file == logo && poll(&asked, 1, 0) == 0,
              "the client got all {} unchanged, and 0 requests reached the app",
              lab::text::bytes(file.size()));
  behind_a_socket(story);
  story.takeaway(
      "The app sees plain HTTP, and the client only in headers. So believe "
      "X-Forwarded-For and -Proto only if nobody but the proxy can send them.");
}

// Two copies; one of them dies, then the other, and then one comes back.
void balance(Story& story, const Knobs&) {
  story.say(
      "nginx hands out 20 requests to two copies of the app. One is killed, and 20 more "
      "come. Then the other is killed, and one is started again.");
  story.picture(Picture::nodes, {"client", "nginx", "copy A", "copy B"});
  App a({.version = "A"}), b({.version = "B"});
  trace::actor("copy A", trace::Actor::process, a.pid());
  trace::actor("copy B", trace::Actor::process, b.pid());
  const auto server = [](const App& app) {
    return fmt::format("server 127.0.0.1:{} max_fails=1 fail_timeout=1s;\n", app.port());
  };
  const NginxServer nginx({}, {.upstream = server(a) + server(b)});
  const auto replies = [&](int requests) {
    std::map<std::string, int> count;
    for (int i = 0; i < requests; ++i) {
      draw("GET", "client", "nginx");
      const Response reply = ask(nginx.port(), {});
      const std::string who =
          reply.status == 200 ? reply.body.substr(0, 1) : std::to_string(reply.status);
      if (reply.status == 200)
        draw("GET", "nginx", "copy " + who);
      else
        draw(who, "nginx", "client");
      ++count[who];
    }
    return count;
  };
  const auto end = [](App& app, const char* name) {
    app.process().kill(SIGKILL);
    app.process().wait();
    trace::state(name, "gone");
  };
  auto both = replies(20);
  end(a, "copy A");
  auto one = replies(20);
  end(b, "copy B");
  auto none = replies(5);
  story.claim("29.6",
              both["A"] == 10 && both["B"] == 10 && one["B"] == 20 && none["502"] == 5,
              "{} and {} of 20 requests; with copy A killed, copy B served {} of 20. "
              "Control: with both killed, {} of 5 got a 502",
              both["A"], both["B"], one["B"], none["502"]);
  if (!story.quick()) {
    const std::string port = std::to_string(b.port());
    const Child back = Child::role(
        "app", {},
        {.deadline = 60s, .capture = false, .env = {{"VERSION", "B"}, {"PORT", port}}});
    trace::state("copy B", "back");
    int refused = 0;
    for (; refused < 1'000 && replies(1).contains("502"); ++refused)
      std::this_thread::sleep_for(20ms);
    story.nuance("29.6",
                 "When copy B was back, {} more requests got a 502: nginx tries a failed "
                 "server again only after fail_timeout, here 1 s, by default 10 s.",
                 refused);
  }
  story.takeaway(
      "nginx learns of a dead copy from the requests that fail on it: open source nginx "
      "has no health checks of its own.");
}

namespace {

// Bytes that have arrived for a process on this port, and that it has not read.
bool has_unread(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  const std::string local = fmt::format("0100007F:{:04X}", port);
  for (std::string row, at, peer, state, queues; std::getline(table, row);) {
    std::istringstream(row) >> at >> at >> peer >> state >> queues;
    if (at == local && state == "01" && !queues.ends_with(":00000000")) return true;
  }
  return false;
}

// The app pauses just when it should close an idle connection, and so a request arrives
// first. Its loop runs timers before it reads: it closes a connection with a request in it.
int after_a_pause(const char* method, milliseconds proxy_keeps) {
  constexpr milliseconds kIdle{200};
  trace::instant(
      fmt::format("{}: nginx keeps idle connections for {}, the app for {}", method,
                  lab::text::time(proxy_keeps), lab::text::time(kIdle)),
      {.lane = "case"});
  App app({.idle = kIdle});
  const NginxServer nginx(
      std::vector{app.port()},
      {.upstream =
           fmt::format("keepalive 4; keepalive_timeout {}ms;", proxy_keeps.count()),
       .location = "proxy_http_version 1.1; proxy_set_header Connection \"\";"});
  ask(nginx.port(), {.method = "POST"});
  app.process().kill(SIGSTOP);
  trace::instant("paused", {.lane = "the app"});
  std::this_thread::sleep_for(kIdle + 50ms);  // its timer is due
  draw(method, "client", "nginx");
  auto reply = std::async(std::launch::async, ask, nginx.port(),
                          lab::http::Request{.method = method});
  const auto deadline = Clock::now() + 5s;
  while (!has_unread(app.port()) && Clock::now() < deadline) std::this_thread::yield();
  draw(method, "nginx", "the app");
  trace::instant("goes on", {.lane = "the app"});
  app.process().kill(SIGCONT);
  const int status = reply.get().status;
  if (status == 200) draw("200", "the app", "nginx");
  draw(std::to_string(status), "nginx", "client");
  return status;
}

}  // namespace

void keep_alive(Story& story, const Knobs&) {
  story.say(
      "nginx keeps idle connections to the app, and the app closes what was idle for 200 "
      "ms. Just then the app pauses, and a request arrives on such a connection.");
  const std::string title = "One request on a connection that was idle";
  story.picture(Picture::sequence, {"client", "nginx", "the app"});
  const int lost = after_a_pause("POST", 60s), again = after_a_pause("GET", 60s),
            fine = after_a_pause("POST", 70ms);
  story.table({title,
               {"idle connections", "request", "status"},
               {{"nginx keeps them longer", "POST", std::to_string(lost)},
                {"nginx keeps them longer", "GET", std::to_string(again)},
                {"the app keeps them longer", "POST", std::to_string(fine)}}});
  story.nuance("29.6",
               "The app closed the connection that the POST had just arrived on, so the "
               "client got a {}. nginx sends a GET again by itself ({}), but not a POST.",
               lost, again);
  story.takeaway("Give the app a longer idle timeout than the proxy in front of it.");
}

}  // namespace lab29
