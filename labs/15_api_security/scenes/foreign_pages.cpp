// foreign_pages.cpp: what a browser does for a page of another origin, and what the server did.
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/caller.hpp"

namespace lab15 {

namespace {

// A POST: who sends it, of which type, and what must be seen of it from both ends.
struct Case {
  const char* what;
  const char* caller;
  const char* origin;  // empty: no browser
  const char* type;
  const char *preflight, *ran, *readable;
};

constexpr const char* kText = "text/plain";
constexpr const char* kJson = "application/json";
constexpr Case kCases[] = {
    {"our page, text", "our page", kOurPage, kText, "no", "yes", "yes"},
    {"our page, JSON", "our page", kOurPage, kJson, "yes", "yes", "yes"},
    {"evil page, text", "evil page", kEvilPage, kText, "no", "yes", "no"},
    {"evil page, JSON", "evil page", kEvilPage, kJson, "yes", "no", "no"},
    {"curl", "curl", "", kText, "no", "yes", "yes"},
};
constexpr Case kStopped = {
    "evil page, origins checked", "evil page", kEvilPage, kText, "no", "no", "no"};

void arrow(const char* from, const char* to, const char* what) {
  lab::trace::flow_in(lab::trace::flow_out(what, {.lane = from}), what, {.lane = to});
}

std::vector<std::string> posted(const Case& by, const Shop& shop) {
  lab::trace::instant(by.what, {.lane = "case"});
  // What a browser gets is not yet what its page gets.
  Caller caller(*by.origin ? "browser" : by.caller, shop);
  const Request request{.method = "POST",
                        .target = "/login",
                        .body = Json{{"user", "ann"}, {"password", kPassword}}.dump(),
                        .headers = {{"Content-Type", by.type}}};
  const int before = shop.handled();
  Fetched fetched{.readable = true};
  if (*by.origin) {
    arrow(by.caller, "browser", "fetch");
    fetched = fetch_as_browser(by.origin, caller, request);
    if (fetched.readable) {
      arrow("browser", by.caller, "may read it");
    } else {
      lab::trace::instant(
          fetched.sent ? "the page may not read it" : "does not send the POST",
          {.lane = "browser"});
    }
  } else {
    caller.send(request);
  }
  const auto yes = [](bool is) { return is ? "yes" : "no"; };
  return {by.what, yes(fetched.asked_first), yes(shop.handled() > before),
          yes(fetched.readable)};
}

}  // namespace

void foreign_pages(lab::Story& story, const Knobs&) {
  story.say(
      "Our page and evil.example's call an API that has CORS alone, with plain text and "
      "with JSON. The evil page should read nothing, but its text should reach the "
      "handler.");
  story.picture(lab::Picture::sequence,
                {"our page", "evil page", "browser", "curl", "shop"});
  const Shop shop({.name = "shop", .guards = Guards::cors_alone});
  lab::Table table{"What happened to a POST",
                   {"from", "preflight", "handler ran", "page may read"},
                   {}};
  bool as_expected = true;
  const auto post = [&](const Case& each, const Shop& to) {
    const auto& row = table.rows.emplace_back(posted(each, to));
    as_expected = as_expected && row[1] == each.preflight && row[2] == each.ran &&
                  row[3] == each.readable;
  };
  for (const Case& each : kCases) post(each, shop);
  const Shop guarded({.name = "guarded shop"});
  post(kStopped, guarded);
  story.table(table);
  story.claim(
      "15.7", as_expected,
      "the evil page could read nothing, but its text/plain POST ran the handler. "
      "Control: where a guard checks the origin, it did not run");
  story.nuance("15.7",
               "With origin: true and credentials, any page can read what the user can "
               "read: list the origins. CORS does not protect cookies: use SameSite.");
  story.takeaway(
      "CORS relaxes the browser's rule about reading. It is not a firewall: the server "
      "has to refuse what must not run.");
}

}  // namespace lab15
