#include "lab/core/error.hpp"

#include <cerrno>
#include <cstring>

namespace lab {

long check_errno(long result, std::string_view tried) {
  if (result == -1) throw Error(tried, std::strerror(errno));
  return result;
}

}  // namespace lab
