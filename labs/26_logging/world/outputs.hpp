// outputs.hpp: what a log is written to, and a reader of it that sleeps until it is woken.
#pragma once

#include <sys/types.h>

#include <future>
#include <string>

#include "lab/os/descriptor.hpp"

namespace lab26 {

struct Output {
  lab::Descriptor reader;  // none of a file
  lab::Descriptor writer;
};

Output open_file(const std::string& path);
Output open_pipe(int capacity = 0);  // bytes that the kernel keeps; 0: as usual
Output open_terminal();              // throws lab::Absent without pseudo terminals

// Whether the calls returned while nobody read, or the kernel has put their thread to sleep
// in one of them: a thread that only waits for its turn on a busy machine is not asleep.
enum class Outcome { returned, asleep };
Outcome outcome(const std::future<void>& calls, pid_t thread);

// Wakes the reader: all that is written until the writer has ended. Throws lab::Error if it
// has not after 20 s.
std::string read_all(int fd, const std::future<void>& writer);

}  // namespace lab26
