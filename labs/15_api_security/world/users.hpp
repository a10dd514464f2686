// users.hpp: a collection of users, searched by MongoDB's own rules.
//
// No MongoDB server is needed: libmongoc's mongoc_matcher decides which documents a query
// matches, operators such as $ne and $gt included.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

namespace lab15 {

using Users = std::vector<nlohmann::json>;

// The first user that the query matches, or null. A query that is none matches nobody.
nlohmann::json find_one(const Users& users, const nlohmann::json& query);

}  // namespace lab15
