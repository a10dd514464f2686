// foreign_pages.cpp: what a browser does for a page of another origin, and what the server did.
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/caller.hpp"

namespace lab15 {

void foreign_pages(lab::Story& story, const Knobs&) {
  story.say(
      "Our page and a page of evil.example call the same API, each once without a "
      "preflight (plain text) and once with one (JSON). The API uses only CORS. The evil "
      "page should read nothing, but one of its requests should run all the same.");
  story.picture(lab::Picture::sequence, {"our page", "evil page", "curl", "shop"});
  Shop shop({.name = "shop", .written = Written::in_a_hurry, .cors_alone = true});
  Caller ours("our page", shop), evil("evil page", shop), curl("curl", shop);
  const auto request = [](const char* type) {
    return Request{.method = "POST",
                   .target = "/login",
                   .body = R"({"user":"ann","password":"?"})",
                   .headers = {{"Content-Type", type}}};
  };
  lab::Table table{"What happened to a POST",
                   {"from", "preflight", "handler ran", "page may read"},
                   {}};
  const auto yes = [](bool is) { return is ? "yes" : "no"; };
  struct Seen {
    bool ran, readable;
  };
  const auto fetch = [&](const char* what, const char* origin, Caller& browser,
                         const char* type) {
    lab::trace::instant(what, {.lane = "case"});
    const int before = shop.handled();
    const Fetched fetched = fetch_as_browser(origin, browser, request(type));
    const bool ran = shop.handled() > before;
    table.rows.push_back(
        {what, yes(fetched.asked_first), yes(ran), yes(fetched.readable)});
    return Seen{ran, fetched.readable};
  };
  const Seen our_text = fetch("our page, text", kOurPage, ours, "text/plain");
  const Seen our_json = fetch("our page, JSON", kOurPage, ours, "application/json");
  const Seen evil_text = fetch("evil page, text", kEvilPage, evil, "text/plain");
  const Seen evil_json = fetch("evil page, JSON", kEvilPage, evil, "application/json");
  lab::trace::instant("curl, text", {.lane = "case"});
  const int before = shop.handled();
  curl.send(request("text/plain"));
  const bool curl_ran = shop.handled() > before;
  table.rows.push_back({"curl", "no", yes(curl_ran), "yes"});
  story.table(table);

  lab::trace::instant("a guard that looks at the origin", {.lane = "case"});
  Shop guarded({.name = "guarded shop"});
  Caller again("evil page", guarded);
  const Fetched stopped = fetch_as_browser(kEvilPage, again, request("text/plain"));
  story.claim("15.7",
              our_text.ran && our_text.readable && our_json.ran && our_json.readable &&
                  evil_text.ran && !evil_text.readable && !evil_json.ran && curl_ran &&
                  stopped.sent && guarded.handled() == 0,
              "the evil page could read nothing, but its text/plain POST ran the handler "
              "all the same, as curl's did. The preflight stopped only its JSON. "
              "Control: a guard that checks the origin let {} of them run",
              guarded.handled());
  story.nuance("15.7",
               "origin: true allows every origin. With credentials, any page can then "
               "read what the user can read. List the origins, and send Vary: Origin. "
               "Protect cookies with SameSite and a CSRF token, because CORS does not.");
  story.takeaway(
      "CORS relaxes the browser's rule about reading. It is not a firewall: the server "
      "has to refuse what must not run.");
}

}  // namespace lab15
