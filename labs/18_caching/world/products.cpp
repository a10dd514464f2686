#include "world/products.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace lab18 {

Products::Products(const std::string& url, std::string table)
    : connection_(url), table_(std::move(table)) {
}

Products::Row Products::load(const std::string& product,
                             std::chrono::milliseconds takes) {
  ++loads_;
  if (takes.count() > 0) {
    connection_.query(fmt::format("SELECT pg_sleep({})", takes.count() / 1000.0));
  }
  const auto rows = connection_.query(
      fmt::format("SELECT price, version FROM {} WHERE id = $1", table_), {product});
  if (rows.count() == 0) throw lab::Error("load product " + product, "there is none");
  return {rows.text(0, 0), rows.number(0, 1)};
}

long Products::update(const std::string& product, const std::string& price) {
  return connection_
      .query(fmt::format("UPDATE {} SET price = $2, version = version + 1 WHERE id = $1 "
                         "RETURNING version",
                         table_),
             {product, price})
      .number();
}

ProductTable::ProductTable(std::string url, int products) : url_(std::move(url)) {
  static int count = 0;
  name_ = fmt::format("lab18_products_{}_{}", getpid(), ++count);
  lab::Postgres(url_).query(
      fmt::format("CREATE TABLE {0} (id text PRIMARY KEY, price text, version bigint);"
                  "INSERT INTO {0} SELECT i::text, '1', 1 FROM generate_series(0, {1}) i",
                  name_, products - 1));
}

ProductTable::~ProductTable() {
  try {
    lab::Postgres(url_).query("DROP TABLE " + name_);
  } catch (const lab::Error&) {  // the database went before us
  }
}

}  // namespace lab18
