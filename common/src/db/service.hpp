// service.hpp: what our own Redis, PostgreSQL and RabbitMQ have in common.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "lab/os/process.hpp"

namespace lab {

// The variable's value; empty if it is not set, or empty.
std::string given_url(const char* variable);

// A new folder "redis-1", "redis-2", ... in the run's own. Throws Error if a unix socket
// in it would have a name longer than the kernel takes.
std::filesystem::path service_dir(const std::string& name, std::string_view socket);

// Asks again and again; throws Error with the end of the server's log if it has died or
// the deadline has passed.
void wait_until_ready(const std::string& name, const Child& server,
                      const std::filesystem::path& log,
                      const std::function<bool()>& is_ready,
                      std::chrono::seconds patience = std::chrono::seconds(30));

// True once the process has ended, false if it has not in that time.
bool ends_within(pid_t pid, std::chrono::milliseconds time);

}  // namespace lab
