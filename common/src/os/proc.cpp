#include "lab/os/proc.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace lab {

namespace {

int entries(const char* folder) {
  std::error_code none;
  const std::filesystem::directory_iterator all(folder, none);
  return static_cast<int>(std::distance(begin(all), end(all)));
}

std::chrono::microseconds duration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

rusage usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

}  // namespace

std::size_t resident_bytes(pid_t pid) {
  std::ifstream file("/proc/" + (pid ? std::to_string(pid) : "self") + "/statm");
  std::size_t all = 0, resident = 0;  // pages
  file >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::size_t peak_resident_bytes() {
  return static_cast<std::size_t>(usage().ru_maxrss) * 1024;
}

std::size_t peak_resident_bytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  std::size_t kib = 0;
  for (std::string word; file >> word;)
    if (word == "VmHWM:") file >> kib;
  return kib * 1024;
}

int open_descriptors(pid_t pid) {
  return entries(("/proc/" + std::to_string(pid) + "/fd").c_str());
}

int thread_count() {
  return entries("/proc/self/task");
}

int open_descriptors() {
  return std::max(entries("/proc/self/fd") - 1, 0);
}

std::chrono::microseconds cpu_time() {
  const rusage now = usage();
  return duration(now.ru_utime) + duration(now.ru_stime);
}

std::chrono::nanoseconds thread_cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

int thread_id() {
  return static_cast<int>(syscall(SYS_gettid));
}

}  // namespace lab
