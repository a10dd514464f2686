// proc.hpp: what the kernel knows of this process.
//
// Source    proc(5) and getrusage(2), clock_gettime(2). Sizes in bytes; 0 where /proc does not say.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>

namespace lab {

std::size_t resident_bytes(pid_t pid = 0);  // 0: this process
std::size_t peak_resident_bytes();
std::size_t peak_resident_bytes(pid_t pid);  // since that process's program was started
int thread_count();
int open_descriptors();  // without the one that counts them
int open_descriptors(pid_t pid);
std::chrono::microseconds cpu_time();        // user and system, all threads
std::chrono::nanoseconds thread_cpu_time();  // of the calling thread
int thread_id();                             // the kernel's, as in /proc/self/task

}  // namespace lab
