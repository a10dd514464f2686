#include "lab/db/rabbit_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <fstream>
#include <random>

#include "db/service.hpp"
#include "lab/core/error.hpp"
#include "lab/core/program.hpp"
#include "lab/db/amqp.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/descriptor.hpp"

namespace lab {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

// Debian's script, without the wrapper in $PATH that changes the user and the folders.
constexpr const char* kProgram = "/usr/lib/rabbitmq/bin/rabbitmq-server";

// The server cannot tell which port it got. So we choose one, below those that the kernel
// hands out to clients by itself.
std::uint16_t free_port() {
  std::random_device chance;
  std::uniform_int_distribution<int> ports(20'000, 32'000);
  for (int tries = 0; tries < 100; ++tries) {
    const auto port = static_cast<std::uint16_t>(ports(chance));
    if (loopback::try_bind(loopback::socket(), port) == 0) return port;
  }
  throw Error("start RabbitMQ", "no port is free");
}

bool answers(const std::string& url) try {
  const Amqp connection(url);
  return true;
} catch (const Error&) {
  return false;
}

}  // namespace

RabbitServer::RabbitServer() : url_(given_url("LAB_AMQP_URL")) {
  if (url_.empty()) {
    start();
    return;
  }
  try {
    const Amqp connection(url_);
  } catch (const Error& error) {
    throw Error("LAB_AMQP_URL", error.what());
  }
}

void RabbitServer::start() {
  if (!fs::exists(kProgram))
    throw Absent("RabbitMQ is not installed: sudo apt install rabbitmq-server");
  const fs::path dir = service_dir("rabbit", "");
  const int port = free_port(), names = free_port(), peers = free_port();
  std::ofstream(dir / "rabbitmq.conf")
      << fmt::format("listeners.tcp.default = 127.0.0.1:{}\n", port)
      << "default_user = lab\ndefault_pass = lab\nlog.file = false\nlog.console = true\n"
      << "log.console.level = error\n";
  std::ofstream(dir / "enabled_plugins") << "[].\n";
  const Descriptor log(static_cast<int>(check_errno(
      open((dir / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
      "write the broker's log")));

  ChildOptions options{.deadline = 24h, .capture = false};
  options.output = log.get();
  options.folder = dir;
  options.env = {
      {"HOME", dir},  // where Erlang's cookie lies
      {"ERL_EPMD_PORT", std::to_string(names)},
      {"ERL_EPMD_ADDRESS", "127.0.0.1"},
      {"ERL_CRASH_DUMP_SECONDS", "0"},
      {"RABBITMQ_NODENAME", fmt::format("lab{}@localhost", port)},
      {"RABBITMQ_CONFIG_FILE", dir / "rabbitmq.conf"},
      {"RABBITMQ_CONF_ENV_FILE", "/dev/null"},
      {"RABBITMQ_MNESIA_DIR", dir / "data"},
      {"RABBITMQ_LOG_BASE", dir},
      {"RABBITMQ_LOGS", "-"},
      {"RABBITMQ_PLUGINS_EXPAND_DIR", dir / "plugins"},
      {"RABBITMQ_ENABLED_PLUGINS_FILE", dir / "enabled_plugins"},
      {"RABBITMQ_FEATURE_FLAGS_FILE", dir / "flags"},
      {"RABBITMQ_GENERATED_CONFIG_DIR", dir / "config"},
      {"RABBITMQ_PID_FILE", dir / "pid"},
      {"RABBITMQ_DIST_PORT", std::to_string(peers)},
      // The script becomes the server, so that it is our child, and ends with us.
      {"RABBITMQ_ALLOW_INPUT", "1"},
      {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
       "-noinput -kernel inet_dist_use_interface {127,0,0,1}"},
  };
  names_.emplace(Child::run(
      {"epmd", "-port", std::to_string(names), "-address", "127.0.0.1"}, options));
  child_.emplace(Child::run({kProgram}, options));
  url_ = fmt::format("amqp://lab:lab@127.0.0.1:{}", port);
  wait_until_ready(
      "RabbitMQ", *child_, dir / "log", [this] { return answers(url_); }, 90s);
}

}  // namespace lab
