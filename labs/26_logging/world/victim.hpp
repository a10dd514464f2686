// victim.hpp: a process that logs and then ends in a way that it was told.
#pragma once

#include <span>
#include <string>

namespace lab26 {

inline constexpr int kVictimLines = 500;

// args: the log file; "sync", "queued" or "flushed"; an ending:
inline constexpr const char* kEndings[] = {"returns from main", "exits at once", "abort",
                                           "SIGSEGV", "SIGKILL"};
int victim(std::span<const std::string> args);

}  // namespace lab26
