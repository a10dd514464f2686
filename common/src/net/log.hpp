// log.hpp: diagnostics of the plumbing, on standard error; LAB_LOG=debug shows more.
#pragma once

#include <spdlog/logger.h>

namespace lab {

spdlog::logger& log();

}  // namespace lab
