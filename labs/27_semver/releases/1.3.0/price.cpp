// libprice 1.3.0: knows about taxes too.

extern "C" long price_total(long cents, long count, long discount_percent) {
  return (cents * count * (100 - discount_percent) + 50) / 100;
}

// Step 4: a new function. A caller that does not use it notices nothing.
extern "C" long price_with_tax(long cents, long tax_percent) {
  return (cents * (100 + tax_percent) + 50) / 100;
}
