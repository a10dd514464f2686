#include "lab/net/nginx_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "db/service.hpp"
#include "lab/core/error.hpp"
#include "lab/core/program.hpp"
#include "lab/net/http.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/descriptor.hpp"

namespace lab {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr const char* kUser = "nobody";

// Debian keeps it in a folder that is not in everybody's $PATH.
std::string find_nginx() {
  for (const char* place :
       {"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"}) {
    if (access(place, X_OK) == 0) return place;
  }
  throw Absent("nginx is not installed: sudo apt install nginx");
}

std::string config(std::uint16_t port, std::span<const std::uint16_t> backends,
                   const NginxOptions& options) {
  std::string servers;
  for (const std::uint16_t backend : backends)
    servers += fmt::format("server 127.0.0.1:{};\n", backend);
  std::string folders;
  for (const char* name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    folders += fmt::format("{0}_temp_path {0};\n", name);
  return fmt::format(
      "daemon off; master_process off; pid pid; error_log stderr warn;\n"
      "events {{ worker_connections 512; }}\n"
      "http {{\naccess_log off;\n{}"
      "upstream backends {{\n{}{}\n}}\n"
      "server {{\nlisten 127.0.0.1:{} {};\n{}\n"
      "location / {{\nproxy_pass http://backends;\n{}\n}}\n}}\n}}\n",
      folders, servers, options.upstream, port, options.listen, options.server,
      options.location);
}

// That it takes a connection says nothing: the kernel does, for a socket that listens.
bool replies(std::uint16_t port) {
  http::Client client("127.0.0.1", port);
  const auto result = client.request({.method = "OPTIONS", .target = "*"}, 1s);
  return std::holds_alternative<http::Response>(result);
}

}  // namespace

NginxServer::NginxServer(std::span<const std::uint16_t> backends, NginxOptions options) {
  const std::string program = find_nginx();
  folder_ = service_dir("nginx", "pid");
  const fs::path& dir = folder_;
  const passwd* user = geteuid() == 0 ? getpwnam(kUser) : nullptr;
  if (user) {
    check_errno(chown(dir.c_str(), user->pw_uid, user->pw_gid), "give nginx its folder");
  }
  const Descriptor folder(static_cast<int>(check_errno(
      open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open " + dir.string())));
  const Descriptor log(static_cast<int>(check_errno(
      open((dir / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
      "write nginx's log")));
  for (const auto& [name, text] : options.files) {
    fs::create_directories((dir / name).parent_path());
    std::ofstream(dir / name) << text;
  }
  // Between our look and nginx's bind somebody else may take the port: then another one.
  for (int attempt = 1; !child_; ++attempt) {
    try {
      port_ = loopback::port_of(loopback::listen());
      std::ofstream(dir / "nginx.conf") << config(port_, backends, options);
      child_.emplace(
          Child::run({program, "-p", fmt::format("/proc/self/fd/{}/", folder.get()), "-c",
                      "nginx.conf", "-e", "stderr"},
                     {.deadline = 24h,
                      .capture = false,
                      .inherit = {folder.get()},
                      .output = log.get(),
                      .folder = dir,
                      .user = user ? kUser : ""}));
      wait_until_ready("nginx", *child_, dir / "log", [this] { return replies(port_); });
    } catch (const Error& error) {
      const std::string_view why(error.what());
      if (attempt == 3 || why.find("could not bind") == why.npos) throw;
      child_.reset();
    }
  }
}

}  // namespace lab
