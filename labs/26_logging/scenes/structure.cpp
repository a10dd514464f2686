// structure.cpp: the same requests as plain text and as JSON, read back by a program.
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "lab/core/text.hpp"
#include "line_sink.hpp"
#include "logging.hpp"
#include "scenes/lines.hpp"
#include "scenes/scenes.hpp"

namespace lab26 {

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

// What a program finds in the log of `all` requests.
struct Found {
  const std::vector<Request>& all;
  Errors errors{};
  std::size_t lines = 0, recovered = 0;  // requests with their user as it was logged

  void line(bool is_error, const std::string& route, const std::string& user,
            std::size_t number) {
    ++lines;
    errors[route] += is_error;
    recovered += number < all.size() && user == all[number].user;
  }
  std::string share() const {
    return lab::text::percent(static_cast<double>(recovered) /
                              static_cast<double>(all.size()));
  }
};

// As console.log("%s %s ...") writes it, and a program that splits the line again.
Found by_plain_text(const std::vector<Request>& all) {
  std::stringstream log;
  for (std::size_t i = 0; i < all.size(); ++i) {
    log << "2026-11-29T10:00:00Z " << (all[i].failed ? "error " : "info ") << all[i].route
        << ' ' << all[i].user << ' ' << i << '\n';
  }
  Found found{all};
  for (std::string text; std::getline(log, text);) {
    std::istringstream words(text);
    std::string time, level, route, user;
    std::size_t number = all.size();
    words >> time >> level >> route >> user >> number;
    found.line(level == "error", route, user, number);
  }
  return found;
}

// Step 10: a query over fields, without a regular expression.
bool is_error(const Json& line) {
  const auto level = line.find("level");
  return level != line.end() && level->is_number() && *level >= 50;
}

Found by_json(const std::vector<Request>& all) {
  const auto path = fresh("requests.log");
  {
    Logger log({std::make_shared<LineSink>(path)}, {.when_full = WhenFull::block});
    for (std::size_t i = 0; i < all.size(); ++i) {
      log.log(all[i].failed ? Level::error : Level::info, "request served",
              {{"route", all[i].route}, {"user", all[i].user}, {"n", i}});
    }
  }
  Found found{all};
  for (const std::string& text : lines_of(path)) {
    const Json line = Json::parse(text);
    found.line(is_error(line), line.at("route"), line.at("user"), line.at("n"));
  }
  return found;
}

// How many of a request's two lines carry its id, when another thread goes on with it.
std::string lines_with_id(bool takes_context_along) {
  const auto path = fresh("ids.log");
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
  for (const std::string& text : lines_of(path))
    found += Json::parse(text).value("requestId", "") == "r-7";
  return std::to_string(found);
}

}  // namespace

void structure(lab::Story& story, const Knobs& knobs) {
  const int count = story.quick() ? std::min(10'000, *knobs.requests) : *knobs.requests;
  story.say(
      "A service logs {} requests. Some users have a newline in their name. A program "
      "should count the errors by route right from JSON, and wrong from plain text.",
      lab::text::count(count));
  story.picture(lab::Picture::bars, {"Errors by route"});
  const auto all = requests(count);
  Errors truth;
  for (const Request& request : all) truth[request.route] += request.failed;
  const Found plain = by_plain_text(all), json = by_json(all);
  lab::Table table{
      "Errors by route", {"route", "that happened", "JSON", "plain text"}, {}};
  for (const auto& [route, errors] : truth) {
    const auto of = [&, name = route](Errors found) {
      return std::to_string(found[name]);
    };
    table.rows.push_back({route, of(truth), of(json.errors), of(plain.errors)});
  }
  story.table(table);
  story.table({"Lines of a request on two threads that its id finds",
               {"the second thread", "of 2"},
               {{"takes the context along", lines_with_id(true)},
                {"starts without it", lines_with_id(false)}}});
  story.claim(
      "26.2",
      json.recovered == all.size() && plain.recovered < all.size() &&
          plain.lines > all.size() && json.lines == all.size(),
      "newlines forged {} lines, and {} of the users came back. Control: {} from JSON",
      plain.lines - all.size(), plain.share(), json.share());
  story.claim("26.6", json.errors == truth && plain.errors != truth,
              "JSON: {} errors for /pay, which is right. Control: text, {}",
              json.errors.at("/pay"), plain.errors.at("/pay"));
  story.nuance(
      "26.6",
      "A request id finds all lines of a request, if each thread has the context. "
      "In Node, AsyncLocalStorage carries it.");
  story.takeaway("Log one JSON object per line: a program can count and trust it.");
}

// The same error as each of them writes it; and ours, which is Pino's.
void replaced(lab::Story& story, const Knobs&) {
  story.say(
      "A service moves from Bunyan to another logger. The query for errors, \"level of "
      "50 "
      "or more\", stays as it is: it should find Pino's line and miss Winston's.");
  story.picture(lab::Picture::bars, {"The same query on another logger's line"});
  const auto path = fresh("ours.log");
  Logger({std::make_shared<LineSink>(path)}, {.queue_bytes = 0})
      .log(Level::error, "declined", {{"pid", 7}, {"hostname", "a"}, {"route", "/pay"}});
  const std::pair<const char*, std::string> lines[] = {
      {"Bunyan", R"({"name":"shop","hostname":"a","pid":7,"level":50,"route":"/pay",)"
                 R"("msg":"declined","time":"2026-11-29T10:00:00.000Z","v":0})"},
      {"Pino", lines_of(path).at(0)},
      {"Winston, as it comes",
       R"({"level":"error","message":"declined","route":"/pay"})"}};
  lab::Table table{
      "The same query on another logger's line", {"logger", "level", "the query"}, {}};
  for (const auto& [logger, text] : lines) {
    const Json line = Json::parse(text);
    table.rows.push_back(
        {logger, line["level"].dump(), is_error(line) ? "found it" : "missed it"});
  }
  story.table(table);
  story.claim(
      "26.4",
      table.rows[0][2] == "found it" && table.rows[1][2] == "found it" &&
          table.rows[2][2] == "missed it",
      "the query that found the error in Bunyan's line {} in Pino's. Control: it {} "
      "in Winston's, whose level is the word {}",
      table.rows[1][2], table.rows[2][2], table.rows[2][1]);
  story.nuance(
      "26.4",
      "Its own issue tracker calls Bunyan unmaintained (node-bunyan#586). It still "
      "works; for a new service take Pino or Winston.");
  story.takeaway(
      "Keep the names and levels of your fields, and every query still works.");
}

}  // namespace lab26
