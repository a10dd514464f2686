// memory_use.hpp: how much memory a process uses, as /proc counts it; 0 if it has gone.
#pragma once

#include <fmt/format.h>
#include <sys/types.h>

#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <string>

namespace lab07 {

inline std::uint64_t sum_of_smaps(pid_t pid, std::initializer_list<const char*> fields) {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
  std::uint64_t kib = 0;
  for (std::string line; std::getline(file, line);) {
    for (const std::string field : fields) {
      if (line.starts_with(field)) kib += std::stoull(line.substr(field.size()));
    }
  }
  return kib * 1024;
}

// Bytes that no other process maps.
inline std::uint64_t private_bytes(pid_t pid) {
  return sum_of_smaps(pid, {"Private_Dirty:", "Private_Clean:"});
}

// PSS: a page that n processes share counts as one n-th, so sums are what is really used.
inline std::uint64_t proportional_bytes(pid_t pid) {
  return sum_of_smaps(pid, {"Pss:"});
}

}  // namespace lab07
