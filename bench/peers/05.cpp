// Lab 05's pipeline into a socket as a contestant: peers_05 NAME FROM PORT COUNT sends a file
// so often, over a connection each; the other end says how many bytes it has read.
//   peers_05 serve FILE   the file and the other end
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <map>
#include <stdexcept>
#include <thread>

#include "lab/stream/file.hpp"
#include "lab/stream/pipe.hpp"
#include "lab/stream/socket.hpp"
#include "memory_file.hpp"
#include "offer.hpp"
#include "timed.hpp"

namespace {

constexpr std::size_t kSize = std::size_t{16} << 20;

int checked(long result, const char* tried) {
  return static_cast<int>(lab::check_errno(result, tried));
}

// --- the other end: reads all of a connection, then tells how much it was ---

void drain(int fd) {
  std::array<char, 256 << 10> bytes;
  std::int64_t size = 0;
  for (ssize_t got; (got = recv(fd, bytes.data(), bytes.size(), 0)) > 0;) size += got;
  const std::string text = fmt::format("{}\n", size);
  (void)!send(fd, text.data(), text.size(), MSG_NOSIGNAL);
  close(fd);
}

void serve(const std::string& offer) {
  const peers::MemoryFile from(peers::words(kSize));
  const int listener = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* address = reinterpret_cast<sockaddr*>(&at);
  checked(bind(listener, address, size), "bind");
  checked(listen(listener, 100), "listen");
  checked(getsockname(listener, address, &size), "find the port");
  std::jthread other_end([listener] {
    for (;;) drain(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  });
  peers::offer(offer,
               {{"from", from.path()}, {"port", std::to_string(ntohs(at.sin_port))}});
}

// --- this end ---

int connect_to(std::uint16_t port) {
  const int fd = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), "connect");
  return fd;
}

// Once our direction has ended.
std::int64_t told_by_other_end(int fd) {
  checked(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK), "wait for it");
  std::array<char, 32> bytes{};
  for (std::size_t at = 0; at < bytes.size() - 1;) {
    const int got = checked(read(fd, bytes.data() + at, bytes.size() - 1 - at), "read");
    if (got == 0) break;
    at += static_cast<std::size_t>(got);
  }
  close(fd);
  return std::stoll(bytes.data());
}

std::int64_t by_pipeline(const std::string& from, int fd) {
  const int kept = dup(fd);  // the stream closes its own
  lab::uv::Loop loop;
  lab::Ticks ticks;
  lab::FileSource source(ticks, loop, from);
  lab::Socket sink(ticks, loop, fd, std::size_t{64} << 10, lab::kOnlyWrites);
  std::optional<lab::Error> failed;
  ticks.run([&] {
    pipeline(source, {}, sink, [&](std::optional<lab::Error> error) { failed = error; });
  });
  loop.run();
  if (failed) throw lab::Error(*failed);
  return told_by_other_end(kept);
}

std::int64_t by_sendfile(const std::string& from, int fd) {
  const int in = checked(open(from.c_str(), O_RDONLY | O_CLOEXEC), "open");
  while (checked(sendfile(fd, in, nullptr, kSize), "sendfile") > 0) {
  }
  close(in);
  shutdown(fd, SHUT_WR);
  return told_by_other_end(fd);
}

std::int64_t by_splice(const std::string& from, int fd) {
  std::array<int, 2> ends{};
  checked(pipe2(ends.data(), O_CLOEXEC), "make a pipe");
  const int in = checked(open(from.c_str(), O_RDONLY | O_CLOEXEC), "open");
  constexpr std::size_t kPiece = 64 << 10;
  for (int got; (got = checked(splice(in, nullptr, ends[1], nullptr, kPiece, 0),
                               "splice from the file")) > 0;) {
    while (got > 0) {
      got -= checked(splice(ends[0], nullptr, fd, nullptr, static_cast<std::size_t>(got),
                            SPLICE_F_MORE),
                     "splice to the socket");
    }
  }
  for (const int one : {in, ends[0], ends[1]}) close(one);
  shutdown(fd, SHUT_WR);
  return told_by_other_end(fd);
}

std::int64_t by_read_and_write(const std::string& from, int fd) {
  const int in = checked(open(from.c_str(), O_RDONLY | O_CLOEXEC), "open");
  std::array<char, 64 << 10> bytes;
  for (int got; (got = checked(read(in, bytes.data(), bytes.size()), "read")) > 0;) {
    for (int at = 0; at < got;) {
      at += checked(send(fd, bytes.data() + at, static_cast<std::size_t>(got - at), 0),
                    "send");
    }
  }
  close(in);
  shutdown(fd, SHUT_WR);
  return told_by_other_end(fd);
}

const std::map<std::string, std::int64_t (*)(const std::string&, int)> kContestants = {
    {"pipeline", by_pipeline},
    {"sendfile", by_sendfile},
    {"splice", by_splice},
    {"read-write", by_read_and_write}};

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 3) serve(argv[2]);
  if (argc != 5) throw std::invalid_argument("peers_05 NAME FROM PORT COUNT");
  const auto work = kContestants.at(argv[1]);
  const auto port = static_cast<std::uint16_t>(std::stoi(argv[3]));
  peers::timed(std::stoll(argv[4]), [&](std::int64_t count) {
    std::int64_t bytes = 0;
    for (std::int64_t i = 0; i < count; ++i) bytes += work(argv[2], connect_to(port));
    return fmt::format("{} bytes", bytes);
  });
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
