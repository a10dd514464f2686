#include "roman.hpp"

std::string roman(int) {
  return "";
}
