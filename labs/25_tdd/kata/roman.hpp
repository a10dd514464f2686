// The kata: a number from 1 to 3999 as a Roman numeral.
#pragma once

#include <string>

std::string roman(int number);
