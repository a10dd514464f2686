#include "examples.hpp"

int main() {
  return check({{1, "I"}, {4, "IV"}, {9, "IX"}, {40, "XL"}, {1994, "MCMXCIV"}});
}
