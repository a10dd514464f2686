#include "world/instance.hpp"

#include <sys/socket.h>

#include <array>

#include "caching.hpp"
#include "lab/core/error.hpp"
#include "lab/core/trace.hpp"
#include "shared_cache.hpp"
#include "world/products.hpp"

namespace lab18 {

namespace trace = lab::trace;
using namespace std::chrono_literals;

namespace {

std::string receive(const lab::Descriptor& socket) {
  std::array<char, 256> bytes{};
  const ssize_t size = recv(socket.get(), bytes.data(), bytes.size(), 0);
  return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

void send_to(const lab::Descriptor& socket, const std::string& message) {
  lab::check_errno(send(socket.get(), message.data(), message.size(), MSG_NOSIGNAL),
                   "send to an instance");
}

}  // namespace

Instance::Instance(std::string name, Services services)
    : name_(std::move(name)), services_(std::move(services)) {
  start();
}

void Instance::start() {
  int ends[2];
  lab::check_errno(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends),
                   "make a socket pair");
  socket_ = lab::Descriptor(ends[0]);
  const lab::Descriptor theirs(ends[1]);
  child_.emplace(lab::Child::role(
      "instance",
      {std::to_string(theirs.get()), services_.redis, services_.postgres, services_.table,
       services_.prefix, std::to_string(services_.lease_for.count())},
      {.deadline = 10min, .inherit = {theirs.get()}}));
  trace::actor(name_, trace::Actor::process, child_->pid());
}

std::string Instance::ask(const std::string& message) {
  send_to(socket_, message);
  std::string answer = receive(socket_);
  if (answer.empty()) throw lab::Error("ask " + name_, "it is gone");
  return answer;
}

Reading Instance::read(const char* where, const std::string& product) {
  const std::string answer = ask(std::string(where) + " " + product);
  return {answer.starts_with("hit"), answer.substr(answer.find(' ') + 1)};
}

void Instance::forget(const std::string& product) {
  ask("forget " + product);
}

bool Instance::load_for_ever(const std::string& product) {
  return ask("lead " + product).starts_with("miss");
}

void Instance::kill() {
  child_->kill(SIGKILL);
  child_->wait();
}

void Instance::restart() {
  kill();
  child_.reset();
  start();
}

int instance_main(std::span<const std::string> args) {
  if (args.size() != 6) return 2;
  const lab::Descriptor socket(std::stoi(args[0]));
  Cache<std::string, std::string> in_process({.entries = 1000});
  SharedCache in_redis(
      args[1], {.prefix = args[4], .lease_for = milliseconds(std::stol(args[5]))});
  Products products(args[2], args[3]);
  for (std::string message; !(message = receive(socket)).empty();) {
    const std::string what = message.substr(0, message.find(' '));
    const std::string product = message.substr(message.find(' ') + 1);
    bool hit = true;
    const auto load = [&] {
      hit = false;
      return products.load(product).price;
    };
    std::string price;
    if (what == "process") price = in_process.get_or_load(product, load);
    if (what == "redis") price = in_redis.get_or_load(product, load);
    if (what == "forget") in_process.erase(product);
    if (what == "lead") hit = in_redis.get_or_lease(product).token.empty();
    send_to(socket, (hit ? "hit " : "miss ") + price);
  }
  return 0;
}

}  // namespace lab18
