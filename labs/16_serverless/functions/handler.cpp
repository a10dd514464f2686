// handler.cpp: the function, as a static program. handler.cjs is the same under Node;
// handler.py and Handler.java are as much of it as a cold start needs.
//
// Replies with its pid, the ticks of its 10 ms timer, and nanoseconds of the monotonic clock:
// when its first line ran, when all was loaded, when the call began and ended.
//
//   {"path": "/work"}     takes 300 ms
//   {"path": "/later"}    leaves work for 200 ms after the response
//   {"key": "photo.jpg"}  writes a line to the file "processed"; a key that begins with
//                         "corrupt" kills the process, "flaky" does so the first time,
//                         "twice" the first time after the line
#include <arpa/inet.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <climits>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

long long now() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}
const long long first_line = now(), never = LLONG_MAX;

void process(const std::string& what) {
  std::ofstream("processed", std::ios::app) << what << '\n';
}

// As an event loop does, it runs its timers while it waits.
int ticks = 0;
long long next_tick = 0, later = never;
void wait_for(int fd) {
  pollfd readable{fd, POLLIN, 0};
  do {
    if (now() >= next_tick) ++ticks, next_tick = now() + 10'000'000;
    if (now() >= later) process("later"), later = never;
  } while (poll(&readable, 1, 1) == 0);
}

// One request on a connection of its own, and the reply with its header.
std::string ask(std::string request, const std::string& body = {}) {
  static const std::string host = std::getenv("AWS_LAMBDA_RUNTIME_API");
  request += " HTTP/1.1\r\nHost: " + host +
             "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\n\r\n" + body;
  sockaddr_in to{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(host.substr(host.find(':') + 1))));
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) _exit(1);
  if (write(fd, request.data(), request.size()) < 0) _exit(1);
  std::string reply;
  char bytes[4096];
  for (ssize_t size = 1; size > 0; reply.append(bytes, static_cast<size_t>(size))) {
    wait_for(fd);
    size = read(fd, bytes, sizeof bytes);
    if (size < 0) _exit(1);
  }
  close(fd);
  return reply;
}

void handle(const std::string& event) {
  if (event.find("/work\"") != event.npos) usleep(300'000);
  if (event.find("/later\"") != event.npos) later = now() + 200'000'000;
  const auto at = event.find("\"key\":\"");
  if (at == event.npos) return;
  const std::string key = event.substr(at + 7, event.find('"', at + 7) - at - 7);
  const bool is_first = mkdir(("seen-" + key).c_str(), 0700) == 0;
  if (key.starts_with("corrupt") || (key.starts_with("flaky") && is_first)) _exit(1);
  process(key);
  if (key.starts_with("twice") && is_first) _exit(1);
}

}  // namespace

int main() {
  const std::string api = " /2018-06-01/runtime/invocation/";
  for (const long long loaded = now();;) {
    const std::string event = ask("GET" + api + "next");
    const long long begin = now();
    handle(event);
    std::string reply = "{\"pid\":" + std::to_string(getpid());
    for (const auto& [name, value] : {std::pair("main", first_line),
                                      {"loaded", loaded},
                                      {"begin", begin},
                                      {"ticks", ticks},
                                      {"end", now()}})
      reply += std::string(",\"") + name + "\":" + std::to_string(value);
    const std::string id = event.substr(event.find("Request-Id: ") + 12, 36);
    ask("POST" + api + id + "/response", reply + "}");
  }
}
