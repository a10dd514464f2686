// libprice 1.2.1: rounds. Only a result changes, and only one that was wrong.

extern "C" long price_total(long cents, long count, long discount_percent) {
  return (cents * count * (100 - discount_percent) + 50) / 100;
}
