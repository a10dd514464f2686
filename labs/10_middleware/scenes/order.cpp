// order.cpp: when each middleware runs. node.mjs builds the same app with Express.
#include "scenes/scenes.hpp"

namespace lab10 {

using namespace std::chrono_literals;

namespace {

constexpr const char* kRequests[] = {
    "GET /order",  "POST /order",      "GET /order/",  "GET /order?a=1", "GET /stop",
    "GET /scoped", "GET /scoped/deep", "GET /scopedx", "GET /u/me",      "GET /u/7",
    "GET /sync",   "GET /async",       "GET /slow",    "GET /twice",     "GET /first",
    "GET /hang",   "GET /none"};

Handler calls_next(Site& site, const std::string& entry) {
  return [&site, entry](Request&, Response&, Next next) {
    site.note(entry);
    next();
  };
}

Handler replies(Site& site, const std::string& entry, const std::string& body) {
  return [&site, entry, body](Request&, Response& response, Next) {
    site.note(entry);
    response.send(body);
  };
}

// What the picture shows: a chain to its end, one that stops, and two routes that match.
bool is_drawn(const std::string& request) {
  return request == "GET /order" || request == "GET /stop" || request == "GET /u/me";
}

// Only middleware whose path matches runs; of two that match, the first one first.
void add_routes(App& app, Site& site) {
  app.get("B", "/order", calls_next(site, "B"));
  app.get("C", "/order", [&site](Request& request, Response& response, Next) {
    site.note("C:" + request.locals["user"]);
    response.send("hello " + request.locals["user"]);
  });
  app.get("stop", "/stop", replies(site, "stop", "done"));
  app.get("never", "/stop", replies(site, "NEVER", "done"));
  app.use("scoped", "/scoped", calls_next(site, "scoped"));
  app.get("param", "/u/:id", [&site](Request& request, Response&, Next next) {
    site.note("param:" + request.params["id"]);
    next();
  });
  app.get("me", "/u/me", replies(site, "me", "me"));
}

// Errors, a late reply, and three common mistakes.
void add_failures(App& app, Site& site) {
  app.get("sync", "/sync", [&site](Request&, Response&, Next) {
    site.note("sync");
    throw std::runtime_error("thrown");
  });
  app.get("async", "/async", [&site](Request&, Response&, Next) {
    site.note("async");
    return site.reject_after(0ms, "rejected");
  });
  app.get("slow", "/slow", [&site](Request&, Response& response, Next next) {
    site.note("slow");
    site.run_after(5ms, [&site, &response, keeps_it_alive = next] {
      site.note("reply");
      response.send("late");
    });
  });
  app.get("T1", "/twice", [&site](Request&, Response&, Next next) {
    site.note("T1");
    next();
    next();
  });
  app.get("T2", "/twice", replies(site, "T2", "once"));
  app.get("F1", "/first", [&site](Request&, Response& response, Next next) {
    site.note("F1");
    response.send("first");
    next();
  });
  app.get("F2", "/first", replies(site, "F2", "again"));
  app.get("hang", "/hang", [&site](Request&, Response&, Next) { site.note("hang"); });
}

void build_example(App& app, Site& site) {
  app.use("A", [&site](Request& request, Response&, Next next) {
    site.note("A-in");
    request.locals["user"] = "ann";
    next();
    site.note("A-out");
  });
  add_routes(app, site);
  add_failures(app, site);
  app.use("tail", calls_next(site, "tail"));
  app.use("error", [&site](const Error& error, Request&, Response& response, Next) {
    site.note("error:" + error.message);
    if (!response.sent()) response.status(500).send("sorry");
  });
}

}  // namespace

void order(Story& story, const Knobs& knobs) {
  story.say(
      "Each middleware of an app logs that it ran. A logs A-in before it calls next() "
      "and A-out after it. A-out should come last.");
  story.picture(lab::Picture::sequence, {"client", "A", "B", "C"});
  Site site(build_example);
  lab::Table table{"One app, many requests", {"request", "reply", "log"}, {}};
  std::map<std::string, std::string> logs;
  for (const std::string request : kRequests) {
    site.draw(is_drawn(request), request);
    const bool hangs = request == "GET /hang";
    const Visit visit = site.visit(request, {}, hangs ? *knobs.patience : 10s, "A-out");
    table.rows.push_back({request, visit.reply, visit.log});
    logs[request] = visit.log;
  }
  story.table(table);

  Site swapped([](App& app, Site& self) {
    app.use("C", replies(self, "C", "hello"));
    app.use("B", calls_next(self, "B"));
  });
  swapped.draw(true, "with C added before B");
  const Visit control = swapped.visit("GET /");
  story.claim("10.3",
              logs["GET /order"] == "A-in > B > C:ann > A-out" &&
                  logs["GET /stop"] == "A-in > stop > A-out",
              "each next() ran the following middleware: {}. Control: without "
              "next() the log is {}",
              logs["GET /order"], logs["GET /stop"]);
  story.claim("10.8",
              logs["GET /order"] == "A-in > B > C:ann > A-out" &&
                  logs["GET /u/me"] == "A-in > param:me > me > A-out" &&
                  logs["GET /none"] == "A-in > tail > A-out" && control.log == "C",
              "two routes match GET /u/me, and the one added first ran first: {}. "
              "Control: with C before B, only {} ran",
              logs["GET /u/me"], control.log);
  story.nuance(
      "10.8",
      "Middleware is not a queue but a chain of nested calls. The code after next() runs "
      "on the way back. If the reply comes later, it runs before the reply: {}.",
      logs["GET /slow"]);
  story.takeaway(
      "next() is a function call. It returns when everything after it has returned.");
}

}  // namespace lab10
