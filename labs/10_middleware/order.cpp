// order.cpp: what a layer gets, what it may do, and when it runs.
#include <fmt/format.h>

#include "scenes.hpp"

namespace lab10 {

using namespace std::chrono_literals;

void roads(Story& story) {
  story.say("One chain of small layers, each of which notes that it ran.");
  Site site(build_roads);
  lab::Table table{"The same in Node", {"request", "reply", "log"}, {}};
  for (const char* request :
       {"GET /order",     "POST /order",      "GET /ORDER/",      "GET /order?a=1",
        "GET /stop",      "GET /scoped",      "GET /scoped/deep", "GET /scopedx",
        "GET /users/bob", "GET /users/a%20b", "GET /users/%zz",   "GET /users",
        "GET /u/me",      "GET /u/7",         "GET /route",       "GET /sync",
        "GET /async",     "GET /late",        "GET /handled",     "GET /twice",
        "GET /first",     "GET /hang",        "GET /none"}) {
    const bool hangs = std::string_view(request) == "GET /hang";
    const Seen seen =
        site.visit(request, {}, hangs ? 100ms : 10'000ms, hangs ? "A-out" : "");
    table.rows.push_back({request, seen.reply, seen.log});
  }
  story.table(table);
}

namespace {

std::string header(const Seen& seen, std::string_view name) {
  for (const auto& [key, value] : seen.headers) {
    if (key == name) return value;
  }
  return "none";
}

}  // namespace

// Step 8: what a layer is handed, and what it may do with it.
void parts(Story& story) {
  const auto reader = [](Site& site) {
    return [&site](Request& request, Response&, Next next) {
      site.note(std::string(request.whole_path()) + " from " +
                std::string(request.header("x-from")));
      next();
    };
  };
  const auto stamp = [](Request&, Response& response, Next next) {
    response.set("x-a", "1");
    next();
  };
  const auto timing = [](Site& site) {
    return [&site](Request&, Response&, Next next) {
      const auto start = std::chrono::steady_clock::now();
      next();
      const auto took = std::chrono::steady_clock::now() - start;
      site.note(took >= 5ms ? "5 ms or more" : "less");
    };
  };
  const auto user = [](Request& request, Response&, Next next) {
    request.locals["user"] = "ann";
    next();
  };
  const auto reply = [](Request& request, Response& response, Next) {
    const auto& name = request.locals["user"];
    const auto end = std::chrono::steady_clock::now() + 5ms;
    while (std::chrono::steady_clock::now() < end) {
    }
    response.send(name.empty() ? "undefined" : name);
  };

  Site whole([&](App& app, Site& site) {
    app.use("read", reader(site));
    app.use("stamp", stamp);
    app.use("time", timing(site));
    app.use("user", user);
    app.use("reply", reply);
  });
  // The control: the layer that replies stands first, so the others never see the request.
  Site reversed([&](App& app, Site& site) {
    app.use("reply", reply);
    app.use("read", reader(site));
    app.use("stamp", stamp);
    app.use("time", timing(site));
    app.use("user", user);
  });
  const Seen first = whole.visit("GET /a", {{"X-From", "ann"}});
  const Seen second = whole.visit("GET /b", {{"X-From", "bob"}});
  const Seen control = reversed.visit("GET /a", {{"X-From", "ann"}});
  const std::string times = " > 5 ms or more";

  story.claim("10.1", "a layer gets the request",
              first.log == "/a from ann" + times && second.log == "/b from bob" + times &&
                  control.log.empty(),
              "it read [{}], then [{}]; behind the layer that replies: [{}]", first.log,
              second.log, control.log);
  story.claim("10.2", "and the response",
              header(first, "x-a") == "1" && header(control, "x-a") == "none",
              "the client has x-a: {}; without that layer: {}", header(first, "x-a"),
              header(control, "x-a"));
  story.claim("10.4", "it may run any code",
              first.log.ends_with(times) && control.log.empty(),
              "a clock around next() saw [{}]; behind the reply, nothing", first.log);
  story.claim("10.5", "it may change the request and the response",
              first.reply == "200 ann" && control.reply == "200 undefined",
              "a user attached above is read below: {}; attached after: {}", first.reply,
              control.reply);
}

namespace {

// Layers 1 to n around a reply. `until` stops at that layer: it replies itself.
void numbered(App& app, Site& site, int layers, int until) {
  for (int i = 1; i <= layers; ++i) {
    app.use(fmt::format("layer {}", i),
            [=, &site](Request&, Response& response, Next next) {
              site.note(fmt::format("{}-in", i));
              i == until ? void(response.send("early")) : next();
              site.note(fmt::format("{}-out", i));
            });
  }
  app.use("reply", [&site](Request&, Response& response, Next) {
    site.note("reply");
    response.send("hello");
  });
}

std::string nested(int layers, const std::string& inmost) {
  std::string log = inmost;
  for (int i = layers; i > 0; --i) log = fmt::format("{0}-in > {1} > {0}-out", i, log);
  return log;
}

}  // namespace

// Step 9: next() is a call. What stands after it runs on the way back.
void order(Story& story, const Knob<int>& layers) {
  const int count = *layers;
  Site site([=](App& app, Site& s) { numbered(app, s, count, 0); });
  Site stopped([=](App& app, Site& s) { numbered(app, s, count, 1); });
  const Seen seen = site.visit("GET /");
  const Seen control = stopped.visit("GET /");
  story.say("{}", seen.log);
  story.claim("10.3", "and next, which is the following layer",
              seen.log == nested(count, "reply") && control.log == "1-in > 1-out",
              "{} layers ran once each; where the first does not call it: {}", count,
              control.log);

  Site some(build_roads);
  const Seen order_log = some.visit("GET /order");
  const Seen none = some.visit("GET /none");
  Site other([&](App& app, Site& s) {
    app.use("reply", [&s](Request&, Response& response, Next) {
      s.note("reply");
      response.send("first come");
    });
    numbered(app, s, count, 0);
  });
  const Seen swapped = other.visit("GET /");
  story.claim(
      "10.8", "layers run one after another, in the order in which they are defined",
      seen.log == nested(count, "reply") && order_log.log == "A-in > B > C:ann > A-out" &&
          none.log == "A-in > tail > A-out" && swapped.log == "reply",
      "{}; only those that match: {}; defined the other way round: {}", order_log.log,
      none.log, swapped.log);
  story.nuance("10.8",
               "Not a queue but calls within calls: what stands after next() runs on the "
               "way back, last layer first. Only layers whose path and method match run, "
               "and an error jumps to the next layer of four parameters.");
}

void stop(Story& story, const Knob<int>& layers) {
  const int count = *layers;
  lab::Table table{"The first layer replies, or goes on",
                   {"first layer", "reply", "later layers that ran"},
                   {}};
  const auto later = [&](int until) {
    Site site([=](App& app, Site& s) { numbered(app, s, count, until); });
    const Seen seen = site.visit("GET /");
    int ran = seen.log.find("reply") != std::string::npos;
    for (int i = 2; i <= count; ++i)
      ran += seen.log.find(fmt::format("> {}-in", i)) != std::string::npos;
    table.rows.push_back(
        {until ? "replies" : "calls next()", seen.reply, std::to_string(ran)});
    return ran;
  };
  const int replied = later(1), went_on = later(0);
  story.table(table);
  story.claim("10.6", "it may end the cycle: it replies, and nothing later runs",
              replied == 0 && went_on == count,
              "after a reply {} later layers ran; after next() {}", replied, went_on);
}

}  // namespace lab10
