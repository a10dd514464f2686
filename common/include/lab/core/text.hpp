// text.hpp: quantities as a person says them. The one place that formats them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace lab::text {

// "512 B", "64 KiB", "6.7 MiB", "1.2 GiB"
std::string bytes(std::uint64_t count);

// "850 ns", "3.1 µs", "12 ms", "2.4 s", "3 min"
std::string time(std::chrono::duration<double, std::nano> time);

// "7", "950", "12 thousand", "3.4 million"; below 10 with one decimal if it has any
std::string count(double value);

// "12 thousand per second"
std::string rate(double per_second);

// "73 %", of 0.73
std::string percent(double share);

}  // namespace lab::text
