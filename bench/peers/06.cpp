// Lab 06's cluster as a contestant, nginx as a limit, and who asks every contestant:
//   peers_06 ask kept|fresh COUNT COMMAND...   starts a server and asks it; the CPU time is
//                                              that of all its processes
//   peers_06 serve deal|inherit|reuse_port|nginx FD
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <span>
#include <stdexcept>

#include "cluster.hpp"
#include "http_load.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/run_dir.hpp"
#include "timed.hpp"
#include "world/app.hpp"

namespace {

using namespace lab06;

constexpr int kWorkers = 2;
constexpr int kConnections = 32;

void serve_cluster(Scheme scheme, const char* descriptor) {
  lab::uv::Loop loop;
  const Cluster cluster(loop, {.scheme = scheme, .workers = kWorkers});
  peers::tell_port(descriptor, cluster.port());
  for (;;) loop.run();
}

std::string settings(const std::string& folder, std::uint16_t port) {
  return fmt::format(
      "daemon off; worker_processes {}; pid {}/pid; error_log stderr crit;\n{}"
      "events {{ worker_connections 1000; }}\n"
      "http {{ access_log off; keepalive_requests 1000000000;\n"
      "  client_body_temp_path {}/body; proxy_temp_path {}/proxy; fastcgi_temp_path "
      "{}/fastcgi; uwsgi_temp_path {}/uwsgi; scgi_temp_path {}/scgi;\n"
      "  server {{ listen 127.0.0.1:{};\n"
      "    location / {{ default_type text/plain; return 200 $pid; }} }} }}\n",
      kWorkers, folder, geteuid() == 0 ? "user root;\n" : "", folder, folder, folder,
      folder, folder, port);
}

// It takes over a socket that listens already, as it does when its program is replaced: so
// the port is free for certain.
void serve_nginx(const char* descriptor) {
  const std::string folder = lab::run_dir();
  lab::Descriptor listener = lab::loopback::listen();
  const std::uint16_t port = lab::loopback::port_of(listener);
  std::ofstream(folder + "/nginx.conf") << settings(folder, port);
  // Without close-on-exec; and a worker must not sleep in accept(), where another was first.
  const int fd = dup(listener.get());
  fcntl(fd, F_SETFL, O_NONBLOCK);
  listener.reset();
  setenv("NGINX", fmt::format("{};", fd).c_str(), 1);
  peers::tell_port(descriptor, port);
  const std::string file = folder + "/nginx.conf";
  execlp("nginx", "nginx", "-e", "stderr", "-c", file.c_str(), nullptr);
  lab::check_errno(-1, "start nginx");
}

const std::map<std::string, void (*)(const char*)> kServers = {
    {"deal", [](const char* fd) { serve_cluster(Scheme::deal, fd); }},
    {"inherit", [](const char* fd) { serve_cluster(Scheme::inherit, fd); }},
    {"reuse_port", [](const char* fd) { serve_cluster(Scheme::reuse_port, fd); }},
    {"nginx", serve_nginx}};

// Every answer begins with the process id of who gave it; who gets which connection is the
// kernel's affair in some schemes, so the check is that a process answered each.
std::string who(const std::string& answer) {
  const bool by_process = answer.starts_with("200 ") && answer.size() > 4 &&
                          answer[4] >= '1' && answer[4] <= '9';
  return by_process ? "200, the id of a process" : answer;
}

void ask(const std::string& how, std::int64_t count, std::vector<std::string> command) {
  using Connections = peers::HttpLoad::Connections;
  peers::Served server(std::move(command));
  peers::HttpLoad load(server.port(), kConnections, "/",
                       how == "fresh" ? Connections::fresh : Connections::kept, who);
  peers::timed(
      count, [&](std::int64_t requests) { return load.ask(requests); },
      [&] { return server.cpu_ns(); });
  server.end();
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string what = words.size() > 2 ? words[0] : "";
  if (what == "--role") return worker_main(std::span(words).subspan(2));
  if (what == "serve") kServers.at(words[1])(argv[3]);
  if (what == "ask" && words.size() > 3) {
    ask(words[1], std::stoll(words[2]), {words.begin() + 3, words.end()});
    return 0;
  }
  throw std::invalid_argument("peers_06 ask kept|fresh COUNT COMMAND...");
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
