// structure.cpp: the same requests as plain text and as JSON, read back by a program.
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/run_dir.hpp"
#include "line_sink.hpp"
#include "logging.hpp"
#include "scenes/scenes.hpp"

namespace lab26 {

namespace trace = lab::trace;

namespace {

constexpr const char* kRoutes[] = {"/cart", "/login", "/pay", "/search"};
constexpr const char* kUsers[] = {
    "ann",
    "bob",
    "cy",
    "dee",
    "Eve \"E\" Moss",
    "mallory\n2026-11-29T10:00:00Z error /pay ann 1"};  // a line of their own

struct Request {
  std::string route, user;
  bool failed;
};
using Errors = std::map<std::string, int>;  // by route

std::vector<Request> requests(int count) {
  std::mt19937 random(26);
  std::vector<Request> made;
  for (int i = 0; i < count; ++i) {
    made.push_back({kRoutes[random() % std::size(kRoutes)],
                    kUsers[random() % std::size(kUsers)], random() % 10 == 0});
  }
  return made;
}

struct Read {
  Errors errors;
  int lines = 0;
  std::size_t recovered = 0;  // requests with their user as it was logged
};

// As console.log("%s %s ...") writes it, and a program that splits the line again.
Read by_plain_text(const std::vector<Request>& all) {
  std::stringstream log;
  for (std::size_t i = 0; i < all.size(); ++i) {
    log << "2026-11-29T10:00:00Z " << (all[i].failed ? "error " : "info ") << all[i].route
        << ' ' << all[i].user << ' ' << i << '\n';
  }
  Read read;
  for (std::string line; std::getline(log, line); ++read.lines) {
    std::istringstream words(line);
    std::string time, level, route, user;
    std::size_t number = all.size();
    words >> time >> level >> route >> user >> number;
    if (level == "error") ++read.errors[route];
    read.recovered += number < all.size() && user == all[number].user;
  }
  return read;
}

Errors errors_of(const Json& line) {
  const auto level = line.find("level");
  const bool is_error = level != line.end() && level->is_number() && *level >= 50;
  return is_error ? Errors{{line.at("route"), 1}} : Errors{};
}

// Step 10: a query over fields, without a regular expression.
Read by_json(const std::vector<Request>& all) {
  const std::string path = lab::run_dir() / "requests.log";
  {
    Logger log({std::make_shared<LineSink>(path)}, {.when_full = WhenFull::block});
    for (std::size_t i = 0; i < all.size(); ++i) {
      log.log(all[i].failed ? Level::error : Level::info, "request served",
              {{"route", all[i].route}, {"user", all[i].user}, {"n", i}});
    }
  }
  Read read;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text); ++read.lines) {
    const Json line = Json::parse(text);
    for (const auto& [route, count] : errors_of(line)) read.errors[route] += count;
    const auto number = line.at("n").get<std::size_t>();
    read.recovered += number < all.size() && line.at("user") == all[number].user;
  }
  return read;
}

// An error as each of them writes it, and how many errors the same query finds in it.
int found_in(const char* line) {
  return static_cast<int>(errors_of(Json::parse(line)).size());
}
constexpr const char* kBunyan =
    R"({"name":"shop","hostname":"a","pid":7,"level":50,"route":"/pay","msg":"declined",)"
    R"("time":"2026-11-29T10:00:00.000Z","v":0})";
constexpr const char* kPino =
    R"({"level":50,"time":1795946400000,"pid":7,"hostname":"a","route":"/pay",)"
    R"("msg":"declined"})";
constexpr const char* kWinston =
    R"({"level":"error","message":"declined","route":"/pay"})";

// How many of a request's two lines carry its id, when another thread goes on with it.
int lines_with_id(bool takes_context_along) {
  const std::string path = lab::run_dir() / "ids.log";
  std::ofstream(path).close();  // empty again
  {
    Logger log({std::make_shared<LineSink>(path)}, {});
    const Scope request(log.with({{"requestId", "r-7"}}));
    log.log(Level::info, "received");
    std::thread([&log, taken = takes_context_along ? current_context() : nullptr] {
      const Scope same_request(taken);
      log.log(Level::info, "paid");
    }).join();
  }
  int found = 0;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    found += Json::parse(text).value("requestId", "") == "r-7";
  }
  return found;
}

}  // namespace

void structure(lab::Story& story, const Knobs& knobs) {
  const int count = story.quick() ? std::min(10'000, *knobs.requests) : *knobs.requests;
  story.say(
      "A service logs {} requests as plain text and as JSON. Some users have a blank or "
      "a newline in their name. Then a program counts the errors by route. Only the "
      "JSON should give the true numbers.",
      lab::text::count(count));
  story.picture(lab::Picture::bars, {"Requests whose fields came back"});

  const auto all = requests(count);
  Errors truth;
  for (const Request& request : all) truth[request.route] += request.failed;
  const Read plain = by_plain_text(all), json = by_json(all);
  const auto share = [&](const Read& read) {
    return lab::text::percent(static_cast<double>(read.recovered) /
                              static_cast<double>(all.size()));
  };
  story.table({"Requests whose fields came back",
               {"logged as", "lines", "of all requests"},
               {{"plain text", std::to_string(plain.lines), share(plain)},
                {"JSON", std::to_string(json.lines), share(json)}}});
  lab::Table table{
      "Errors by route", {"route", "that happened", "plain text", "JSON"}, {}};
  for (const char* route : kRoutes) {
    const auto of = [&](Errors errors) { return std::to_string(errors[route]); };
    table.rows.push_back({route, of(truth), of(plain.errors), of(json.errors)});
  }
  story.table(table);
  const int forged = plain.lines - static_cast<int>(all.size());
  story.claim(
      "26.2", json.recovered == all.size() && plain.recovered < all.size() && forged > 0,
      "from plain text the program got the right user for {} of the requests, from JSON "
      "for {}; mallory's newlines forged {} lines in plain text, and none in JSON",
      share(plain), share(json), forged);
  story.claim(
      "26.6", json.errors == truth && plain.errors != truth,
      "from JSON the program counted {} errors by route in {} lines, and each count was "
      "right. Control: from plain text it counted {} errors for /pay, where {} happened",
      lab::text::count(truth["/cart"] + truth["/login"] + truth["/pay"] +
                       truth["/search"]),
      lab::text::count(json.lines), plain.errors.at("/pay"), truth["/pay"]);

  const int bunyan = found_in(kBunyan), pino = found_in(kPino),
            winston = found_in(kWinston);
  const int followed = lines_with_id(true), forgotten = lines_with_id(false);
  story.table({"Errors that the same query finds",
               {"in a line of", "of 1"},
               {{"Bunyan", std::to_string(bunyan)},
                {"Pino", std::to_string(pino)},
                {"Winston, as it comes", std::to_string(winston)}}});
  story.table({"Lines of a request on two threads that its id finds",
               {"the second thread", "of 2"},
               {{"takes the context along", std::to_string(followed)},
                {"starts without it", std::to_string(forgotten)}}});
  story.claim("26.4", bunyan == 1 && pino == 1 && winston == 0,
              "the query \"level of 50 or more\" found the error in Bunyan's line and in "
              "Pino's; it missed Winston's, whose level is the word \"error\"");
  story.nuance(
      "26.4",
      "Its own issue tracker calls Bunyan unmaintained (node-bunyan#586). It still "
      "works; for a new service take Pino or Winston.");
  story.nuance("26.6",
               "A request id finds all lines of a request: {} of 2 here, and {} of 2 if "
               "the second thread starts without the context. In Node, AsyncLocalStorage "
               "carries it.",
               followed, forgotten);
  story.takeaway(
      "Log one JSON object per line, with a request id. Then a program can find and "
      "count the lines, and trust them.");
}

}  // namespace lab26
