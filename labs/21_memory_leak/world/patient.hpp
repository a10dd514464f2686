// patient.hpp: a service with a fault in a process of its own, and what one sees of it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "diagnosis.hpp"

namespace lab21 {

struct Gauges {
  double resident = 0;  // what the kernel has given to the process
  double live = 0;      // what the program holds
  double kept = 0;      // free, and malloc keeps it
};

struct Examined {
  std::vector<Gauges> rounds{};  // after each 500 requests, the first before any
  Signals signals{};
};

// Starts the service, plays the experiments on it, and reads what it tells of itself.
Examined examine(Fault fault, std::size_t size);

int patient_main(std::span<const std::string> args);

}  // namespace lab21
