// libprice 3.0.0: the old name is back, and its last argument means something else. No
// tool can see that.

extern "C" long price_total(long cents, long count, long discount_per_mille) {
  return (cents * count * (1000 - discount_per_mille) + 500) / 1000;
}
