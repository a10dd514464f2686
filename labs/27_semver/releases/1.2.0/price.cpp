// libprice 1.2.0: what things cost, in cents.

extern "C" long price_total(long cents, long count, long discount_percent) {
  return cents * count * (100 - discount_percent) / 100;  // a bug: cuts off, never rounds
}
