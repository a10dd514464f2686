// users.hpp: a collection of users, searched by MongoDB's own rules.
//
// No MongoDB server is needed: libmongoc's mongoc_matcher decides which documents a query
// matches, operators such as $ne and $gt included.
#pragma once

#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lab15 {

class Users {
 public:
  void insert(nlohmann::json user);

  // The first user that the query matches. A query that is none matches nobody.
  std::optional<nlohmann::json> find_one(const nlohmann::json& query) const;

 private:
  mutable std::mutex mutex_;
  std::vector<nlohmann::json> users_;
};

}  // namespace lab15
