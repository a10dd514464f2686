#include "world/users.hpp"

#include <mongoc/mongoc.h>

#include <cstdint>
#include <memory>

// Deprecated since 1.3 and gone from libmongoc 2, which Debian does not have yet. It is the
// one part of the driver that judges a query without a server.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace lab15 {

namespace {

using nlohmann::json;

// A document; null if the value is none that BSON has.
struct Bson {
  bson_t* raw;

  explicit Bson(const json& value) {
    const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    raw = bson_new_from_json(reinterpret_cast<const std::uint8_t*>(text.data()),
                             static_cast<ssize_t>(text.size()), nullptr);
  }
  Bson(const Bson&) = delete;
  ~Bson() { bson_destroy(raw); }
};

}  // namespace

json find_one(const Users& users, const json& query) {
  // It warns of operators that it does not have.
  mongoc_log_set_handler(nullptr, nullptr);
  const Bson wanted(query);
  const std::unique_ptr<mongoc_matcher_t, void (*)(mongoc_matcher_t*)> matcher(
      wanted.raw ? mongoc_matcher_new(wanted.raw, nullptr) : nullptr,
      mongoc_matcher_destroy);
  for (const json& user : users) {
    const Bson document(user);
    if (matcher && document.raw && mongoc_matcher_match(matcher.get(), document.raw))
      return user;
  }
  return nullptr;
}

}  // namespace lab15
