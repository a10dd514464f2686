// A program that was linked with libprice 1.3.0, because it needs the tax.
#include <cstdio>

extern "C" long price_total(long cents, long count, long discount_percent);
extern "C" long price_with_tax(long cents, long tax_percent);

int main() {
  std::printf("%ld cents\n", price_with_tax(price_total(95, 1, 10), 19));  // 102.34
}
