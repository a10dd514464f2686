// Lab 03's calls as contestants: peers_03 NAME FILE COUNT. And connections held:
//   peers_03 hold COUNT COMMAND...   a server, and what each connection costs it
//   peers_03 serve FD                one of ours
//   peers_03 service FILE            a file of 512 bytes, in memory
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <functional>
#include <list>
#include <map>
#include <stdexcept>

#include "concurrency.hpp"
#include "lab/os/proc.hpp"
#include "memory_file.hpp"
#include "offer.hpp"
#include "served.hpp"
#include "timed.hpp"

namespace {

using namespace lab03;

constexpr int kAtOnce = 16;

// So many calls, of which `at_once` are under way; `start` begins one.
template <class Start>
std::string calls(std::int64_t count, int at_once, Start start) {
  Loop loop;
  std::int64_t left = count, sum = 0;
  std::function<void(int)> done;
  const auto next = [&] {
    if (left-- > 0) start(loop, done);
  };
  done = [&](int status) {
    sum += status;
    next();
  };
  for (int i = 0; i < at_once; ++i) next();
  loop.run();
  return fmt::format("{} in all", sum);
}

std::string read_files(const std::string& file, std::int64_t count) {
  return calls(count, kAtOnce,
               [&](Loop& loop, const Done& done) { read_file(loop, file, done); });
}

std::string stats(const std::string& file, std::int64_t count) {
  return calls(count, 1, [&](Loop& loop, const Done& done) {
    lab03::stat(loop, file, [&](int status) { done(status + 1); });
  });
}

std::string read_by_system_calls(const std::string& file, std::int64_t count) {
  std::array<char, 4096> bytes;
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat facts {};
    fstat(fd, &facts);
    sum += read(fd, bytes.data(), bytes.size());
    close(fd);
  }
  return fmt::format("{} in all", sum);
}

std::string stat_by_system_calls(const std::string& file, std::int64_t count) {
  std::int64_t sum = 0;
  struct stat facts {};
  for (std::int64_t i = 0; i < count; ++i) sum += ::stat(file.c_str(), &facts) + 1;
  return fmt::format("{} in all", sum);
}

const std::map<std::string, std::string (*)(const std::string&, std::int64_t)>
    kContestants = {{"read", read_files},
                    {"stat", stats},
                    {"read-calls", read_by_system_calls},
                    {"stat-calls", stat_by_system_calls}};

// --- connections ---

void allow_many_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void serve(const char* descriptor) {
  Loop loop;
  std::list<lab::uv::Tcp> ends;
  lab::uv::Listener listener(loop, [&] {
    lab::uv::Tcp& end = ends.emplace_back(loop);
    listener.accept(end);
    end.read_start([&end](std::string_view bytes, int status) {
      if (status < 0) return end.read_stop();
      const auto kept = std::make_shared<const std::string>(bytes);
      end.write(*kept, [kept](int) {});
    });
  });
  peers::tell_port(descriptor, listener.port());
  loop.run();
}

// A connection over which a byte has gone and come back.
int hold_one(std::uint16_t port) {
  const int fd = static_cast<int>(
      lab::check_errno(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "make a socket"));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  lab::check_errno(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to),
                   "connect to the server");
  char byte = '!';
  if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1) {
    throw lab::Error("talk to the server", "it does not answer");
  }
  return fd;
}

// What is counted is bytes, not nanoseconds: by which the server has grown.
void hold(std::int64_t count, std::vector<std::string> command) {
  allow_many_descriptors();
  const peers::Served server(std::move(command));
  for (int i = 0; i < 200; ++i) close(hold_one(server.port()));
  const auto before = static_cast<std::int64_t>(lab::resident_bytes(server.pid()));
  std::vector<int> held;
  for (std::int64_t i = 0; i < count; ++i) held.push_back(hold_one(server.port()));
  const auto after = static_cast<std::int64_t>(lab::resident_bytes(server.pid()));
  peers::tell({.operations = count,
               .ns = std::max<std::int64_t>(after - before, 1),
               .cpu_ns = 0,
               .check = fmt::format("{} held", held.size())});
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "service" && argc == 3) {
    const peers::MemoryFile file(std::string(512, 'x'));
    peers::offer(argv[2], {{"file", file.path()}});
  }
  if (what == "serve" && argc == 3) {
    serve(argv[2]);
  } else if (what == "hold" && argc > 3) {
    hold(std::stoll(argv[2]), {argv + 3, argv + argc});
  } else if (argc == 4) {
    peers::timed(std::stoll(argv[3]), [&](std::int64_t count) {
      return kContestants.at(what)(argv[2], count);
    });
  } else {
    throw std::invalid_argument("peers_03 NAME FILE COUNT");
  }
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
