// Two sentences that hold for every number, and the smallest one for which they do not.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "roman.hpp"

// Reads a numeral: a letter in front of a larger one is subtracted.
int read(const std::string& numeral) {
  const auto value = [](char letter) {
    constexpr std::string_view kLetters = "IVXLCDM";
    constexpr int kValues[] = {1, 5, 10, 50, 100, 500, 1000};
    const auto at = kLetters.find(letter);
    return at == kLetters.npos ? 0 : kValues[at];
  };
  int sum = 0;
  for (std::size_t i = 0; i < numeral.size(); ++i) {
    const bool subtracted =
        i + 1 < numeral.size() && value(numeral[i]) < value(numeral[i + 1]);
    sum += subtracted ? -value(numeral[i]) : value(numeral[i]);
  }
  return sum;
}

// Ten times a number is written with the letters of the next power of ten.
std::string times_ten(std::string numeral) {
  for (char& letter : numeral) {
    constexpr std::string_view kFrom = "IVXLC", kTo = "XLCDM";
    letter = kTo[kFrom.find(letter)];
  }
  return numeral;
}

int main() {
  const char* given = std::getenv("LARGEST");
  const int largest = given ? std::atoi(given) : 3999;
  for (int number = 1; number <= largest; ++number) {
    const std::string numeral = roman(number);
    if (read(numeral) != number) {
      std::printf("not ok %d reads back as %d\n", number, read(numeral));
      return 1;
    }
    if (number < 400 && roman(10 * number) != times_ten(numeral)) {
      std::printf("not ok %d is not ten times %d\n", 10 * number, number);
      return 1;
    }
  }
  std::printf("ok every number from 1 to %d\n", largest);
}
