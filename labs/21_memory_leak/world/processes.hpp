// processes.hpp: what runs in a process of its own: a service that is examined, and one that
// dies at a limit.
#pragma once

#include <array>
#include <span>
#include <string>

#include "diagnosis.hpp"

namespace lab21 {

struct Gauges {
  double resident = 0;  // what the kernel has given to the process
  double live = 0;      // what the program holds
  double kept = 0;      // free, and malloc has not given it back
};

struct Examined {
  static constexpr int kRequests = 500, kRounds = 9;
  std::array<Gauges, kRounds + 1> rounds{};  // the first before any request
  Signals signals{};
};

// Starts a service, plays the experiments on it, and reads what it tells of itself.
Examined examine(Fault fault, int size);

struct Certificate {
  std::string ended_by;  // "exit 0", "SIGABRT"
  bool handlers_ran = false, last_words = false;
  std::string limit_by;  // who kept the container's limit, if there is one
};

// A process with a heap limit of 40 MiB asks for 160 MiB of "heap" or of "buffers" outside
// of it, in a container of so many bytes (0: in none).
Certificate live_and_die(const std::string& of, std::size_t container = 0);

int service_main(std::span<const std::string> args);
int mortal_main(std::span<const std::string> args) noexcept;

}  // namespace lab21
