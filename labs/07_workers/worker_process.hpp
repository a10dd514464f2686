// worker_process.hpp: a worker that is a process: it knows only what it is sent.
//
//   parent -- Message, bytes --> unix socket --> worker -- Message, bytes --> parent
//
// Threads   None: one owner, one request at a time, unless it uses fd() itself.
// Errors    A worker that has died is a normal answer: receive() returns nullopt. Anything
//           else that fails throws lab::Error.
// Lifetime  The process ends with this object, and with its parent.
// Left out  Restarting a dead worker: a supervisor's work (lab 06).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lab/os/descriptor.hpp"
#include "lab/os/process.hpp"

namespace lab07 {

using lab::Descriptor;

enum class Ask : std::uint32_t {
  who,    // value: its thread id
  bump,   // adds value to a global of its own; value: what that global is now
  blur,   // value x value pixels, `passes` times; value: their sum
  echo,   // its bytes, back
  wait,   // answered after `value` milliseconds; value: how many waited until then
  crash,  // raises SIGSEGV; what is not in this list ends the worker
};

inline constexpr std::uint64_t kMostBytes = 256 << 20;  // behind one message
inline constexpr std::uint64_t kWidest = 16'384;        // picture that is blurred

// What goes in front of the bytes, both ways.
struct Message {
  Ask ask = Ask::who;
  std::uint32_t passes = 0;
  std::uint64_t value = 0;
  std::uint64_t size = 0;  // of the bytes that follow
};

// False or nullopt if the other end has gone, or does not speak this.
bool send_message(int fd, Message message, std::string_view bytes = {});
std::optional<Message> receive_message(int fd, std::string& bytes);

class WorkerProcess {
 public:
  WorkerProcess();

  pid_t pid() const { return child_.pid(); }
  int fd() const { return channel_.get(); }

  bool send(Message message, std::string_view bytes = {});
  std::optional<Message> receive();  // nullopt: it has died
  std::uint64_t ask(Message message, std::string_view bytes = {});  // throws if it died
  const std::string& bytes() const { return bytes_; }  // that came with the last answer
  const lab::Exit& wait();  // closes the channel, and so the worker ends

 private:
  explicit WorkerProcess(std::pair<Descriptor, Descriptor> ends);

  Descriptor channel_;
  lab::Child child_;
  std::string bytes_;
};

}  // namespace lab07
