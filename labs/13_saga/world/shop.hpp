// shop.hpp: orders, payments and stock, a database each, and the saga's log in a fourth.
//
// Lifetime  One server for the whole lab; a Shop of its own for each scene begins anew.
#pragma once

#include <map>
#include <memory>

#include "participant.hpp"

namespace lab13 {

inline const std::vector<std::string> kServices{"orders", "payments", "stock"};

// What an order has come to, over all three databases.
struct Books {
  std::string order;  // its state, or "none"
  long paid = 0;
  long taken = 0;
  long parcels = 0;

  bool operator==(const Books&) const = default;
  // All of it or nothing of it: neither money nor goods are lost or made.
  bool whole(long price = 60) const;
};

class Shop {
 public:
  Shop();
  static std::string url(const std::string& database);
  static const std::string& sql(const std::string& database);  // its tables and functions

  void reset();
  Books books(const std::string& saga = "7");
  lab::Postgres& at(const std::string& database) { return *databases_.at(database); }
  std::string ask(const std::string& database, const std::string& sql);  // or "none"
  int steps(const std::string& condition = "true");  // that all services have handled

 private:
  std::map<std::string, std::unique_ptr<lab::Postgres>> databases_;
};

// Create, charge, reserve; then ship, the pivot; then confirm.
const std::vector<Step>& order_steps();

// A charge under a semantic lock, which holds the account until it is settled.
inline const Step kAuthorize{"payments", "authorize", "void"};
inline const Step kSettle{"payments", "settle"};

class PostgresLog : public SagaLog {
 public:
  explicit PostgresLog(const std::string& url = Shop::url("sagas")) : db_(url) {}
  void append(const std::string& saga, const Record& record) override;
  std::vector<Record> read(const std::string& saga) override;

 private:
  lab::Postgres db_;
};

}  // namespace lab13
