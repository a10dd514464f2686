#include "roman.hpp"

struct Rule {
  int value;
  const char* letters;
};

constexpr Rule kRules[] = {{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"},
                           {90, "XC"},  {50, "L"},   {40, "XL"}, {10, "X"},   {9, "IX"},
                           {5, "V"},    {4, "IV"},   {1, "I"}};

std::string roman(int number) {
  std::string numeral;
  for (const Rule& rule : kRules) {
    while (number >= rule.value) {
      numeral += rule.letters;
      number -= rule.value;
    }
  }
  return numeral;
}
