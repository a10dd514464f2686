#include "world/users.hpp"

#include <mongoc/mongoc.h>

#include <cstdint>
#include <memory>

namespace lab15 {

namespace {

using nlohmann::json;

// A document; a null pointer if the value is none that BSON has.
class Bson {
 public:
  explicit Bson(const json& value) {
    const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    raw_ = bson_new_from_json(reinterpret_cast<const std::uint8_t*>(text.data()),
                              static_cast<ssize_t>(text.size()), nullptr);
  }
  Bson(const Bson&) = delete;
  ~Bson() { bson_destroy(raw_); }

  const bson_t* get() const { return raw_; }

 private:
  bson_t* raw_;
};

}  // namespace

// Deprecated since 1.3 and gone from libmongoc 2, which Debian does not have yet. It is the
// one part of the driver that judges a query without a server.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

void Users::insert(json user) {
  const std::lock_guard lock(mutex_);
  users_.push_back(std::move(user));
}

std::optional<json> Users::find_one(const json& query) const {
  const std::lock_guard lock(mutex_);
  const Bson wanted(query);
  if (!wanted.get()) return {};
  mongoc_log_set_handler(nullptr,
                         nullptr);  // it warns of operators that it does not have
  const std::unique_ptr<mongoc_matcher_t, void (*)(mongoc_matcher_t*)> matcher(
      mongoc_matcher_new(wanted.get(), nullptr), mongoc_matcher_destroy);
  if (!matcher) return {};
  for (const json& user : users_) {
    const Bson document(user);
    if (document.get() && mongoc_matcher_match(matcher.get(), document.get()))
      return user;
  }
  return {};
}

#pragma GCC diagnostic pop

}  // namespace lab15
