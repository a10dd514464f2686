// mortal.hpp: processes that fill their memory until a limit ends them.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace lab21 {

struct Certificate {
  std::string ended_by;  // "exit 0", "SIGABRT"
  bool handlers_ran = false;
  bool last_words = false;
  std::string limit_by;  // who kept the container's limit, if there is one
};

enum class Fills : std::uint8_t { heap, buffers };

// A process with a heap limit of 40 MiB that asks for 160 MiB, in a container of so many
// bytes (0: in none).
Certificate live_and_die(Fills fills, std::size_t container = 0);

int mortal_main(std::span<const std::string> args) noexcept;

}  // namespace lab21
