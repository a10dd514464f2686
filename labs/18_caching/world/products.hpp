// products.hpp: what is cached: prices in a PostgreSQL that counts who reads them.
#pragma once

#include <chrono>
#include <string>

#include "lab/db/postgres.hpp"

namespace lab18 {

// One connection to the table: one object for each thread.
class Products {
 public:
  Products(const std::string& url, std::string table);

  struct Row {
    std::string price;
    long version;  // counts the writes of this row
  };
  // `takes`: how long the query works in the database before it answers.
  Row load(const std::string& product, std::chrono::milliseconds takes = {});
  long update(const std::string& product, const std::string& price);  // its new version

  int loads() const { return loads_; }

 private:
  lab::Postgres connection_;
  std::string table_;
  int loads_ = 0;
};

// A table of this run's own, also in a database that somebody else uses; dropped with it.
// Products "0", "1", ... cost "1" each.
class ProductTable {
 public:
  explicit ProductTable(std::string url, int products = 100);
  ProductTable(const ProductTable&) = delete;
  ProductTable& operator=(const ProductTable&) = delete;
  ~ProductTable();

  const std::string& name() const { return name_; }
  Products open() const { return {url_, name_}; }

 private:
  std::string url_;
  std::string name_;
};

}  // namespace lab18
