// error.hpp: failed input or output, told once, where it happened.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace lab {

// "listen on 127.0.0.1:4014: address already in use": what was tried, then why not.
class Error : public std::runtime_error {
 public:
  Error(std::string_view tried, std::string_view cause)
      : std::runtime_error(std::string(tried) + ": " + std::string(cause)) {}
};

// Answers the result of a system call, or throws Error with errno's message if it is -1.
long check_errno(long result, std::string_view tried);

}  // namespace lab
