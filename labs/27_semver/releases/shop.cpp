// A program that was linked with libprice 1.2.0, and is never built again.
#include <cstdio>

extern "C" long price_total(long cents, long count, long discount_percent);

int main() {
  std::printf("%ld cents\n", price_total(95, 1, 10));  // 85.5: rounded, 86
}
