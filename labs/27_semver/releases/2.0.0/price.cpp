// libprice 2.0.0: `price_total` has a new name. To its users, it is gone.

// Step 3: an incompatible change that tools can see: a name is missing.
extern "C" long price_sum(long cents, long count, long discount_percent) {
  return (cents * count * (100 - discount_percent) + 50) / 100;
}

extern "C" long price_with_tax(long cents, long tax_percent) {
  return (cents * (100 + tax_percent) + 50) / 100;
}
