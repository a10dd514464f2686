// worker_role.hpp: what a worker process runs.
#pragma once

#include <span>
#include <string>

namespace lab07 {

// Answers requests until its channel ends. Its argument: the channel's descriptor.
int worker_main(std::span<const std::string> args);

[[noreturn]] void crash_by_signal();  // SIGSEGV, without a core file

}  // namespace lab07
