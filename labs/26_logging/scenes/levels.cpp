// levels.cpp: who gets which line, what a line below the level costs, and rotation.
#include <algorithm>
#include <filesystem>

#include "lab/core/text.hpp"
#include "lab/os/run_dir.hpp"
#include "line_sink.hpp"
#include "logging.hpp"
#include "scenes/lines.hpp"
#include "scenes/scenes.hpp"

namespace lab26 {

namespace fs = std::filesystem;

namespace {

void log_each_level(Logger& log) {
  for (const Level level :
       {Level::trace, Level::debug, Level::info, Level::warn, Level::error, Level::fatal})
    log.log(level, "to whom it may concern");
}

// The best of five rounds, so that what else runs on the machine does not count.
template <class Call>
std::chrono::duration<double, std::nano> cost(int calls, Call call) {
  std::chrono::duration<double, std::nano> best = std::chrono::hours(1);
  for (int round = 0; round < 5; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i) call(i);
    best = std::min<decltype(best)>(best, std::chrono::steady_clock::now() - start);
  }
  return best / calls;
}

// How many of 30 lines are left if the file is rotated in the middle of them.
std::size_t rotated(bool by_copy) {
  const fs::path path = fresh("service.log"), old = fresh("service.log.1");
  const auto sink = std::make_shared<LineSink>(path);
  Logger log({sink}, {.queue_bytes = 0});
  const auto ten = [&] {
    for (int i = 0; i < 10; ++i) log.log(Level::info, "request served");
  };
  ten();
  by_copy ? fs::copy(path, old) : fs::rename(path, old);
  ten();  // the service does not stop for it
  by_copy ? fs::resize_file(path, 0) : sink->reopen();
  ten();
  return lines_of(path).size() + lines_of(old).size();
}

}  // namespace

void levels(lab::Story& story, const Knobs&) {
  story.say(
      "A logger at level info gets a line of each of the six levels. One file takes all "
      "that it lets through, another only errors: expect 4 and 2. Then its level "
      "changes.");
  story.picture(lab::Picture::bars, {"Lines of six levels that were written",
                                     "Rotation in the middle of 30 lines"});
  const fs::path all = fresh("all.log"), alerts = fresh("alerts.log");
  const auto pager = std::make_shared<LineSink>(alerts);
  pager->set_level(spdlog::level::err);
  Logger log({std::make_shared<LineSink>(all), pager}, {.queue_bytes = 0});
  log_each_level(log);
  const std::size_t at_info = lines_of(all).size(), paged = lines_of(alerts).size();
  log.set_level(Level::debug);  // in production, for a minute
  log_each_level(log);
  const std::size_t at_debug = lines_of(all).size() - at_info;

  Logger quiet({std::make_shared<LineSink>("/dev/null")}, {.queue_bytes = 0});
  const auto below = cost(100'000, [&](int i) {
    quiet.log(Level::debug, "cart", {{"items", i}, {"price", 9.5}});
  });
  const auto formatted = cost(20'000, [&](int i) {
    quiet.log(Level::debug, Json{{"items", i}, {"price", 9.5}}.dump());
  });
  const std::size_t renamed = rotated(false), copied = rotated(true);
  story.table({"Lines of six levels that were written",
               {"to", "of 6"},
               {{"all.log, level info", std::to_string(at_info)},
                {"all.log, level debug", std::to_string(at_debug)},
                {"alerts.log, errors only", std::to_string(paged)}}});
  story.table({"Rotation in the middle of 30 lines",
               {"by", "of 30"},
               {{"rename, then reopen", std::to_string(renamed)},
                {"copy, then truncate", std::to_string(copied)}}});
  story.claim(
      "26.7", at_info == 4 && at_debug == 5 && below * 10 < formatted,
      "4 of 6 lines were written at info, 5 at debug; a call below the level took {}. "
      "Control: with its text built first, {}",
      lab::text::time(below), lab::text::time(formatted));
  story.claim("26.3", at_info == 4 && paged == 2 && renamed == 30 && copied < 30,
              "one file took {} of 6 lines. Control: the file for errors took {}",
              at_info, paged);
  story.nuance("26.7",
               "Pino and Bunyan have six levels, numbered 10 to 60. Winston has seven, "
               "and numbers "
               "them the other way.");
  story.takeaway("Pass fields, not a text. Then a call below the level formats nothing.");
}

}  // namespace lab26
