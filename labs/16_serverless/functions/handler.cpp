// handler.cpp: the function, as a static program: a runtime client and a handler.
//
// The other files of this folder are the same function under node, python3 and java. All of
// them reply with their pid, how many calls they have had, and nanoseconds of the monotonic
// clock: when their first line ran, when all was loaded, when the call began and ended.
//
//   {"work": true}       takes 30 ms
//   {"later": true}      leaves work for 50 ms after the response
//   {"key": "photo.jpg"} writes a line to $WORK/processed. A "corrupt" key kills the process,
//                        "flaky" does so the first time, "twice" the first time, after its work
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

long long stamp() {
  return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
}

const long long main_began = stamp();

std::string in_work(const std::string& name) {
  const char* folder = std::getenv("WORK");
  return std::string(folder ? folder : "/nonexistent") + '/' + name;
}
void process(std::string_view what) {
  std::ofstream(in_work("processed"), std::ios::app) << what << '\n';
}

// A timer of 10 ms, and work for later: what an event loop would do between two calls.
class Timers {
 public:
  void wait_for(int fd) {
    pollfd readable{fd, POLLIN, 0};
    while (poll(&readable, 1, 1) == 0 || !readable.revents) tick();
    tick();
  }
  void work_later() { later_ = Clock::now() + 50ms; }
  int ticks = 0;

 private:
  void tick() {
    const auto now = Clock::now();
    if (now >= next_) ++ticks, next_ = now + 10ms;
    if (now >= later_) process("later"), later_ = Clock::time_point::max();
  }
  Clock::time_point next_ = Clock::now() + 10ms, later_ = Clock::time_point::max();
} timers;

int connect_to(const std::string& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  const auto colon = address.find(':');
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) std::exit(1);
  return fd;
}

std::string between(std::string_view text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + from.size());
  return std::string(text.substr(0, text.find(to)));
}

// One request, and its reply with its header.
std::string exchange(int fd, const std::string& line, const std::string& body = {}) {
  const std::string request = line + " HTTP/1.1\r\nHost: runtime\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
  if (write(fd, request.data(), request.size()) < 0) std::exit(1);
  std::string reply;
  for (std::size_t wanted = std::string::npos; reply.size() < wanted;) {
    timers.wait_for(fd);
    char bytes[4096];
    const ssize_t size = read(fd, bytes, sizeof bytes);
    if (size <= 0) std::exit(1);
    reply.append(bytes, static_cast<std::size_t>(size));
    const auto end = reply.find("\r\n\r\n");
    const std::string length = between(reply, "Content-Length: ", "\r");
    if (end != std::string::npos) wanted = end + 4 + std::stoul("0" + length);
  }
  return reply;
}

void handle(const std::string& event) {
  if (event.find("\"work\"") != std::string::npos) std::this_thread::sleep_for(30ms);
  if (event.find("\"later\"") != std::string::npos) timers.work_later();
  const std::string key = between(event, "\"key\":\"", "\"");
  if (key.empty()) return;
  const bool is_first = mkdir(in_work("seen-" + key).c_str(), 0700) == 0;
  if (key.starts_with("corrupt") || (key.starts_with("flaky") && is_first)) _exit(1);
  process(key);
  if (key.starts_with("twice") && is_first) _exit(1);
}

}  // namespace

int main() {
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (!address) return 2;
  const std::string runtime = " /2018-06-01/runtime/invocation/";
  const int fd = connect_to(address);
  const long long loaded = stamp();
  for (int call = 1;; ++call) {
    const std::string next = exchange(fd, "GET" + runtime + "next");
    const long long begin = stamp();
    handle(next);
    const auto field = [](const char* name, long long value) {
      return "\"" + std::string(name) + "\":" + std::to_string(value) + ",";
    };
    const std::string id = between(next, "Lambda-Runtime-Aws-Request-Id: ", "\r");
    exchange(fd, "POST" + runtime + id + "/response",
             "{" + field("pid", getpid()) + field("call", call) +
                 field("main", main_began) + field("loaded", loaded) +
                 field("begin", begin) + field("ticks", timers.ticks) +
                 "\"end\":" + std::to_string(stamp()) + "}");
  }
}
