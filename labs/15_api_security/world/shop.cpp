#include "world/shop.hpp"

#include <crypt.h>

#include "guards/cors.hpp"
#include "guards/security_headers.hpp"
#include "guards/validation.hpp"
#include "lab/core/trace.hpp"
#include "world/users.hpp"

namespace lab15 {

namespace trace = lab::trace;

namespace {

// How many tokens were verified before 2015: as the header says, and whatever the time is.
// This is CVE-2015-9235.
Json verified_as_the_header_says(const std::string& token) {
  const auto claims = read_token(token);
  if (!claims) return {};
  const Json header = Json::parse(*from_base64url(token.substr(0, token.find('.'))));
  if (header.value("alg", "") == "none") return *claims;
  const Key key = header.value("alg", "") == "HS256"
                      ? Key::hs256(Shop::key().public_pem())
                      : Shop::key();
  const auto verified = verify_token(token, key, {}, UnixTime());
  return std::holds_alternative<Json>(verified) ? *claims : Json();
}

// By crypt(3): a stored hash says how it was made, and so is its own setting.
std::string hashed(const std::string& password, const std::string& setting) {
  crypt_data data{};
  const char* hash = crypt_r(password.c_str(), setting.c_str(), &data);
  return hash ? hash : "";
}

// Two users, who have the same password: as it is, or as a hash with a salt of its own.
Users users(bool as_hash) {
  Users made;
  for (const char* name : {"admin", "ann"}) {
    const std::string password =
        as_hash ? hashed(kPassword, crypt_gensalt("$y$", 1, nullptr, 0)) : kPassword;
    made.push_back({{"user", name}, {"password", password}});
  }
  return made;
}

// Guards for one target only.
Guard only_at(std::string target, Guard guard) {
  return [target = std::move(target),
          guard = std::move(guard)](Exchange& exchange) -> std::optional<Response> {
    return exchange.request.target == target ? guard(exchange) : std::nullopt;
  };
}

}  // namespace

const Key& Shop::key() {
  static const Key key = Key::generate_rs256();  // takes longer than all else of a shop
  return key;
}

Shop::Shop(ShopOptions options)
    : options_(std::move(options)),
      api_(make_api()),
      server_([this](const Request& request,
                     const lab::http::Server::Reply& reply) { reply(serve(request)); },
              {.host = options_.host, .body_limit = 4 << 10}) {
  trace::actor(options_.name, trace::Actor::service);
}

// Step 9: the order of the guards. The cheap ones that block a lot come first.
Api Shop::make_api() {
  Api api([this](const Exchange& exchange) { return handle(exchange); });
  if (options_.limiter)
    api.use(only_at("/login", rate_limit(options_.limiter, options_.client)));
  if (is_guarded() || options_.guards == Guards::headers_alone)
    api.use(security_headers());
  if (is_guarded() || options_.guards == Guards::cors_alone)
    api.use(cors({.origins = {kOurPage}, .credentials = true}));
  if (!is_guarded()) return api;
  const Guard token = require_token(
      key(), {.issuer = "shop", .audience = "shop"}, [this] { return now(); },
      [this](const Json& claims) {
        return options_.deny_list && logged_out_.contains(claims.value("jti", ""));
      });
  const Shape login =
      Shape::object({{"user", Shape::text(1, 64)}, {"password", Shape::text(1, 128)}});
  const Shape order =
      Shape::object({{"item", Shape::text(1, 64)}, {"quantity", Shape::integer(1, 100)}});
  api.use(same_site_only({kOurPage}))
      .use(json_body())
      .use(only_at("/login", validate(login)));
  for (const char* target : {"/orders", "/me", "/logout"})
    api.use(only_at(target, token));
  api.use(only_at("/orders", validate(order)));
  return api;
}

UnixTime Shop::now() const {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) +
         std::chrono::seconds(ahead_);
}

Response Shop::serve(const Request& request) {
  ++entered_;
  // So that the picture knows where a message arrives, if it is one that is drawn.
  if (const std::string flow = find_header(request.headers, "x-flow"); !flow.empty())
    trace::flow_in(std::stoull(flow), request.target, {.lane = options_.name});
  Response response = api_.handle(request);
  if (options_.guards == Guards::none)
    response.headers.emplace_back("X-Powered-By", "Express");
  return response;
}

Response Shop::handle(const Exchange& exchange) {
  ++handled_;
  const Request& request = exchange.request;
  Json body = exchange.body, user = exchange.user;
  if (!is_guarded()) {
    body = Json::parse(request.body, nullptr, false);
    const std::string given = find_header(request.headers, "authorization");
    user =
        verified_as_the_header_says(given.substr(std::min<std::size_t>(7, given.size())));
  }
  if (request.target == "/login") return log_in(body);
  if (!user.is_object()) return refusal(401, "who are you?");
  if (request.target == "/me") return reply(200, user);
  const Json name = user.value("sub", Json());
  if (request.target == "/logout") {
    logged_out_.insert(user.value("jti", ""));
    return reply(200, {{"bye", name}});
  }
  if (request.target != "/orders") return refusal(404, "there is no such thing");
  Json order{{"by", name}, {"paid", false}};
  // The hurried way copies whatever came: Object.assign(order, req.body).
  if (body.is_object()) order.update(body);
  return reply(200, order);
}

// The hurried way puts what came into the query. Behind guards both are texts, and the
// password is compared with its hash.
Response Shop::log_in(const Json& body) const {
  static const Users plain = users(false), safe = users(true);
  if (!body.is_object()) return refusal(400, "this is not JSON");
  Json query{{"user", body.value("user", Json())}};
  if (!is_guarded()) query["password"] = body.value("password", Json());
  const Json user = find_one(is_guarded() ? safe : plain, query);
  const auto is_right = [&](const std::string& password, const std::string& stored) {
    // crypt(3) reads up to a zero byte.
    return password.find('\0') == password.npos &&
           equal_in_constant_time(hashed(password, stored), stored);
  };
  if (user.is_null() || (is_guarded() && !is_right(body["password"], user["password"])))
    return refusal(401, "wrong user or password");
  const auto expires = (now() + std::chrono::minutes(15)).time_since_epoch().count();
  return reply(200, {{"token", sign_token({{"iss", "shop"},
                                           {"aud", "shop"},
                                           {"sub", user["user"]},
                                           {"jti", random_text()},
                                           {"exp", expires}},
                                          key())}});
}

}  // namespace lab15
