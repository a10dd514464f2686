// levels.cpp: who gets which line, what a line below the level costs, and rotation.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/run_dir.hpp"
#include "line_sink.hpp"
#include "logging.hpp"
#include "scenes/scenes.hpp"

namespace lab26 {

namespace fs = std::filesystem;

namespace {

constexpr Level kAll[] = {Level::trace, Level::debug, Level::info,
                          Level::warn,  Level::error, Level::fatal};

int lines(const fs::path& path) {
  std::ifstream file(path);
  return static_cast<int>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
}

fs::path fresh(const char* name) {
  const fs::path path = lab::run_dir() / name;
  fs::remove(path);
  return path;
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
int rotated(bool by_copy) {
  const fs::path path = fresh("service.log"), old = fresh("service.log.1");
  const auto sink = std::make_shared<LineSink>(path);
  Logger log({sink}, {.queue_bytes = 0});
  const auto ten = [&] {
    for (int i = 0; i < 10; ++i) log.log(Level::info, "request served");
  };
  ten();
  if (by_copy) {
    fs::copy_file(path, old);
  } else {
    fs::rename(path, old);
  }
  ten();  // the service does not stop for it
  if (by_copy) {
    fs::resize_file(path, 0);
  } else {
    sink->reopen();
  }
  ten();
  return lines(path) + lines(old);
}

}  // namespace

void levels(lab::Story& story, const Knobs&) {
  story.say(
      "A logger at level info gets lines of all six levels. One file takes all lines "
      "that it lets through, another only errors. Expect 4 and 2 lines. Then we measure "
      "what a call below the level costs.");
  story.picture(lab::Picture::bars, {"What one call costs"});

  const fs::path all = fresh("all.log"), alerts = fresh("alerts.log");
  const auto pager = std::make_shared<LineSink>(alerts);
  pager->set_level(spdlog::level::err);
  int at_info, at_debug, paged;
  {
    Logger log({std::make_shared<LineSink>(all), pager}, {.queue_bytes = 0});
    for (const Level level : kAll) log.log(level, "to whom it may concern");
    at_info = lines(all);
    paged = lines(alerts);
    log.set_level(Level::debug);  // in production, for a minute
    for (const Level level : kAll) log.log(level, "to whom it may concern");
    at_debug = lines(all) - at_info;
  }

  Logger quiet({std::make_shared<LineSink>("/dev/null")}, {.queue_bytes = 0});
  const auto below = cost(100'000, [&](int i) {
    quiet.log(Level::debug, "cart", {{"items", i}, {"price", 9.5}});
  });
  const auto formatted = cost(20'000, [&](int i) {
    quiet.log(Level::debug, Json{{"items", i}, {"price", 9.5}}.dump());
  });
  const auto written = cost(5'000, [&](int i) {
    quiet.log(Level::info, "cart", {{"items", i}, {"price", 9.5}});
  });
  story.table({"What one call costs",
               {"the call", "time"},
               {{"below the level", lab::text::time(below)},
                {"below it, text built first", lab::text::time(formatted)},
                {"written", lab::text::time(written)}}});
  const int renamed = rotated(false), copied = rotated(true);
  story.table({"Lines of six levels that were written",
               {"to", "lines"},
               {{"all.log, level info", std::to_string(at_info)},
                {"all.log, level debug", std::to_string(at_debug)},
                {"alerts.log, errors only", std::to_string(paged)}}});
  story.table({"Rotation in the middle of 30 lines",
               {"by", "lines left"},
               {{"rename, then reopen", std::to_string(renamed)},
                {"copy, then truncate", std::to_string(copied)}}});

  story.claim(
      "26.7",
      at_info == 4 && at_debug == 5 && below * 10 < formatted && below * 20 < written,
      "at level info 4 of 6 lines were written, at debug 5. A call below the level took "
      "{}. Controls: with its text built first it took {}, and a line that is written {}",
      lab::text::time(below), lab::text::time(formatted), lab::text::time(written));
  story.claim(
      "26.3", at_info == 4 && paged == 2 && renamed == 30 && copied < 30,
      "of 6 lines one file took {}, and the file for errors {}; rotation by rename and "
      "reopen kept {} of 30 lines, by copy and truncate {}",
      at_info, paged, renamed, copied);
  story.nuance(
      "26.7",
      "There are more than four levels. Pino and Bunyan have six, numbered 10 to 60. "
      "Winston has seven, and numbers them the other way.");
  story.takeaway(
      "Pass fields instead of building a text. Then a call below the level formats "
      "nothing.");
}

}  // namespace lab26
