// worker_process.hpp: a worker that is a process: it knows only what it is sent.
//
//   parent -- Message, bytes --> unix socket --> worker_main() -- Message, bytes --> parent
//           \------------ shared memory: both see the same pages ------------/
//
// Threads   None: one owner, one request at a time, unless it uses fd() itself.
// Errors    A worker that has died is an answer: receive() says nullopt. Anything else
//           that fails throws lab::Error.
// Lifetime  The process ends with this object, and with its parent.
// Left out  Starting a dead worker again: a supervisor's work (lab 06).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "lab/descriptor.hpp"
#include "lab/process.hpp"

namespace lab07 {

enum class Ask : std::uint32_t {
  who,         // value: its thread id
  bump,        // adds value to a global of its own; value: what that global is now
  blur,        // side x side, `passes`; value: the sum
  hash,        // `value` rounds; value: what came out
  echo,        // its bytes, back
  sum_shared,  // value: the sum of the words in the first `value` bytes of that memory
  stay,        // on the core of number `value` from now on; value: 0 if it may not
  turns,   // for `value` ms it and another take turns in the shared memory's first word,
           // this one when its parity is `passes`, and neither ever sleeps; value: how
           // many turns it took
  wait,    // answered after value milliseconds; it serves others meanwhile
  accept,  // takes one connection from the listener and tells it its pid
  crash,   // raises SIGSEGV
};

inline constexpr std::uint64_t kMostBytes = 256 << 20;  // behind one message

// What goes in front of the bytes, both ways.
struct Message {
  Ask ask = Ask::who;
  std::uint32_t passes = 0;
  std::uint64_t value = 0;
  std::uint64_t size = 0;  // of the bytes that follow
};

using lab::Descriptor;

// Memory that a child process can map too.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t size);  // zeros
  SharedMemory(int fd, std::size_t size);   // somebody else's, by its descriptor
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  int fd() const { return fd_.get(); }
  std::span<std::uint8_t> bytes() { return {bytes_, size_}; }

 private:
  Descriptor fd_;
  std::uint8_t* bytes_;
  std::size_t size_;
};

// False or nothing if the other end is gone, or does not speak this.
bool send_message(int fd, Message message, std::string_view bytes = {});
std::optional<Message> receive_message(int fd, std::string& bytes);

class WorkerProcess {
 public:
  // The descriptors of what it shares with us, if any: a SharedMemory's, a listener's.
  explicit WorkerProcess(const SharedMemory* shared = nullptr, int listener = -1);

  pid_t pid() const { return child_.pid(); }
  int fd() const { return channel_.get(); }

  bool send(Message message, std::string_view bytes = {});
  std::optional<Message> receive();  // nullopt: it has died
  std::uint64_t ask(Message message, std::string_view bytes = {});  // throws if it died
  const std::string& bytes() const { return bytes_; }  // that came with the last answer
  const lab::Exit& wait();  // closes the channel: it ends by itself

 private:
  WorkerProcess(std::pair<Descriptor, Descriptor> ends, const SharedMemory* shared,
                int listener);

  Descriptor channel_;
  lab::Child child_;
  std::string bytes_;
};

// What the role "worker" plays: args are descriptors (channel, shared memory, listener).
int worker_main(std::span<const std::string> args);

std::uint64_t private_bytes(pid_t pid);       // that no other process maps
std::uint64_t proportional_bytes(pid_t pid);  // PSS: shared pages are divided fairly

}  // namespace lab07
