#include "worker_process.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>

#include "lab/core/error.hpp"

namespace lab07 {

namespace {

// Sends or receives all of it; false if the other end has gone.
template <class Transfer>
bool whole(char* at, std::size_t size, Transfer transfer) {
  while (size > 0) {
    const ssize_t moved = transfer(at, size);
    if (moved == -1 && errno == EINTR) continue;
    if (moved == 0 || (moved == -1 && (errno == EPIPE || errno == ECONNRESET)))
      return false;
    lab::check_errno(moved, "talk to a worker");
    at += moved;
    size -= static_cast<std::size_t>(moved);
  }
  return true;
}
bool send_all(int fd, const void* bytes, std::size_t size) {
  return whole(static_cast<char*>(const_cast<void*>(bytes)), size,
               [fd](char* at, std::size_t n) { return send(fd, at, n, MSG_NOSIGNAL); });
}
bool receive_all(int fd, void* bytes, std::size_t size) {
  return whole(static_cast<char*>(bytes), size,
               [fd](char* at, std::size_t n) { return recv(fd, at, n, 0); });
}

std::pair<Descriptor, Descriptor> channel() {
  int ends[2];
  lab::check_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                   "make a channel");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace

bool send_message(int fd, Message message, std::string_view bytes) {
  message.size = bytes.size();
  return send_all(fd, &message, sizeof message) &&
         send_all(fd, bytes.data(), bytes.size());
}

// Step 5: a message from another process is checked before it is used.
std::optional<Message> receive_message(int fd, std::string& bytes) {
  Message message;
  if (!receive_all(fd, &message, sizeof message)) return std::nullopt;
  if (message.size > kMostBytes) return std::nullopt;
  bytes.resize(message.size);
  if (!receive_all(fd, bytes.data(), bytes.size())) return std::nullopt;
  return message;
}

WorkerProcess::WorkerProcess() : WorkerProcess(channel()) {
}

// Our copy of the child's end is closed here. Kept open, it would hide the child's death.
WorkerProcess::WorkerProcess(std::pair<Descriptor, Descriptor> ends)
    : channel_(std::move(ends.first)),
      child_(lab::Child::role(
          "worker", {std::to_string(ends.second.get())},
          {.deadline = std::chrono::seconds(60), .inherit = {ends.second.get()}})) {
}

bool WorkerProcess::send(Message message, std::string_view bytes) {
  return send_message(channel_.get(), message, bytes);
}
std::optional<Message> WorkerProcess::receive() {
  return receive_message(channel_.get(), bytes_);
}
std::uint64_t WorkerProcess::ask(Message message, std::string_view bytes) {
  send(message, bytes);
  const auto answer = receive();
  if (!answer) throw lab::Error("ask worker " + std::to_string(pid()), "it has died");
  return answer->value;
}
const lab::Exit& WorkerProcess::wait() {
  channel_ = Descriptor();
  return child_.wait();
}

}  // namespace lab07
