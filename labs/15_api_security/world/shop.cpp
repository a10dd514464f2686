#include "world/shop.hpp"

#include "guards/security_headers.hpp"
#include "guards/validation.hpp"
#include "lab/core/trace.hpp"

namespace lab15 {

namespace trace = lab::trace;

namespace {

// How many tokens were verified before 2015: the header says how. This is CVE-2015-9235.
Json verified_as_the_header_says(const std::string& token, const Key& key) {
  const auto claims = read_token(token);
  if (!claims) return {};
  const std::size_t end = token.rfind('.');
  const auto head = from_base64url(token.substr(0, token.find('.')));
  const auto signature = from_base64url(token.substr(end + 1));
  const std::string_view part = std::string_view(token).substr(0, end);
  const std::string algorithm = Json::parse(*head).value("alg", "");
  const bool good =
      algorithm == "none" ||
      (algorithm == "HS256" && hmac_sha256(key.public_pem(), part) == *signature) ||
      (algorithm == "RS256" && key.verify(part, *signature));
  return good ? *claims : Json();
}

std::string bearer(const Request& request) {
  const std::string given = header(request.headers, "authorization");
  return given.starts_with("Bearer ") ? given.substr(7) : "";
}

bool is_at(const Exchange& exchange, std::string_view target) {
  return exchange.request.target == target;
}

// Guards for one target only.
Guard only_at(std::string target, Guard guard) {
  return [target = std::move(target),
          guard = std::move(guard)](Exchange& exchange) -> std::optional<Response> {
    return is_at(exchange, target) ? guard(exchange) : std::nullopt;
  };
}

// Drawn once: that takes longer than all else that a shop does.
const Key& key_of_all_shops() {
  static const Key key = Key::generate_rs256();
  return key;
}

Response json(const Json& body) {
  return {.body = body.dump(-1, ' ', false, Json::error_handler_t::replace),
          .content_type = "application/json"};
}

}  // namespace

Shop::Shop(ShopOptions options)
    : options_(std::move(options)),
      key_(key_of_all_shops()),
      api_(make_api()),
      server_([this](const Request& request,
                     const lab::http::Server::Reply& reply) { reply(serve(request)); },
              {.host = options_.host, .body_limit = 4 << 10}) {
  const bool hurry = options_.written == Written::in_a_hurry;
  for (const char* user : {"admin", "ann"}) {
    users_.insert(
        {{"user", user},
         {"password", hurry ? kPassword : hash_password(kPassword, {.log2_n = 10})}});
  }
  trace::actor(options_.name, trace::Actor::service);
  trace::actor(options_.name + "'s data", trace::Actor::service);
}

// Step 10: the order of the guards. The cheap ones that block a lot come first.
Api Shop::make_api() {
  Api api([this](const Exchange& exchange) { return handle(exchange); },
          [this](std::string_view, const std::optional<Response>& blocked) {
            if (blocked) trace::counter("blocked", ++blocked_, {.lane = options_.name});
          });
  if (options_.limiter) {
    api.use("rate limit",
            only_at("/login", rate_limit(options_.limiter, options_.client)));
  }
  if (options_.cors_alone) api.use("cors", cors({.origins = {kOurPage}}));
  if (options_.written == Written::in_a_hurry) return api;
  const auto revoked = [this](const Json& claims) {
    const std::lock_guard lock(mutex_);
    return options_.deny_list && logged_out_.contains(claims.value("jti", ""));
  };
  const Guard token = require_token(
      key_, {.issuer = "shop", .audience = "shop"}, [this] { return now(); }, revoked);
  const Shape login =
      Shape::object({{"user", Shape::text(1, 64)}, {"password", Shape::text(1, 128)}});
  const Shape order =
      Shape::object({{"item", Shape::text(1, 64)}, {"quantity", Shape::integer(1, 100)}});
  api.use("security headers", security_headers())
      .use("cors", cors({.origins = {kOurPage}, .credentials = true}))
      .use("same site only", same_site_only({kOurPage}))
      .use("json", json_body())
      .use("login's shape", only_at("/login", validate(login)))
      .use("token", only_at("/orders", token))
      .use("token", only_at("/me", token))
      .use("token", only_at("/logout", token))
      .use("order's shape", only_at("/orders", validate(order)));
  return api;
}

UnixTime Shop::now() const {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) +
         std::chrono::seconds(ahead_);
}

Json Shop::last_order() const {
  const std::lock_guard lock(mutex_);
  return last_order_;
}

Response Shop::serve(const Request& request) {
  ++entered_;
  // So that the picture knows where a message arrives, if it is one that is drawn.
  const std::string flow = header(request.headers, "x-flow");
  if (!flow.empty()) {
    trace::flow_in(std::stoull(flow), request.target, {.lane = options_.name});
  }
  Response response = api_.handle(request);
  if (options_.written == Written::in_a_hurry) {
    response.headers.emplace_back("X-Powered-By", "Express");
  }
  return response;
}

Response Shop::handle(const Exchange& exchange) {
  ++handled_;
  if (!header(exchange.request.headers, "x-flow").empty()) {
    trace::flow_in(trace::flow_out("reads and writes", {.lane = options_.name}),
                   "reads and writes", {.lane = options_.name + "'s data"});
  }
  const bool hurry = options_.written == Written::in_a_hurry;
  const Json body =
      hurry ? Json::parse(exchange.request.body, nullptr, false) : exchange.body;
  if (is_at(exchange, "/login")) return log_in(body);
  const Json user = user_of(exchange);
  if (!user.is_object()) return refusal(401, "who are you?");
  if (is_at(exchange, "/me")) return json(user);
  const std::lock_guard lock(mutex_);
  if (is_at(exchange, "/logout")) {
    logged_out_.insert(user.value("jti", ""));
    return json({{"bye", user.value("sub", "")}});
  }
  if (!is_at(exchange, "/orders")) return refusal(404, "there is no such thing");
  last_order_ = {{"by", user.value("sub", "")}, {"paid", false}};
  // The hurried way copies whatever came: Object.assign(order, req.body).
  if (body.is_object()) last_order_.update(body);
  return json(last_order_);
}

// The hurried way puts what came into the query. Behind guards both are texts, and the
// password is compared with its hash.
Response Shop::log_in(const Json& body) const {
  if (!body.is_object()) return refusal(400, "this is not JSON");
  const bool hurry = options_.written == Written::in_a_hurry;
  Json query{{"user", body.value("user", Json())}};
  if (hurry) query["password"] = body.value("password", Json());
  const auto user = users_.find_one(query);
  if (!user || (!hurry && !matches(body["password"].get<std::string>(),
                                   (*user)["password"].get<std::string>())))
    return refusal(401, "wrong user or password");
  const auto expires = (now() + std::chrono::minutes(15)).time_since_epoch().count();
  return json({{"token", sign_token({{"iss", "shop"},
                                     {"aud", "shop"},
                                     {"sub", (*user)["user"]},
                                     {"jti", to_base64url(random_bytes(12))},
                                     {"exp", expires}},
                                    key_)}});
}

Json Shop::user_of(const Exchange& exchange) const {
  if (options_.written == Written::behind_guards) return exchange.user;
  return verified_as_the_header_says(bearer(exchange.request), key_);
}

}  // namespace lab15
