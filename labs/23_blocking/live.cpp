// live.cpp: a site, its visitors, and offences that you turn on and cure.
#include <atomic>
#include <thread>

#include "lab/program.hpp"
#include "scenes.hpp"

namespace lab23 {

using namespace std::chrono_literals;
using Ms = std::chrono::duration<double, std::milli>;
namespace trace = lab::trace;

namespace {

constexpr Cure kCures[] = {Cure::none, Cure::ticks,  Cure::promises,
                           Cure::cut,  Cure::worker, Cure::process};
constexpr double kBeats = 1s / kBeat;  // a second

}  // namespace

// Step 7: turn `cure`, and watch what 99 % of the visitors wait at most. The site has a
// thread of its own here, so that the visitors' clock goes on when it is blocked.
void live(Story& story, const Dials& dials, const Load& load) {
  story.say(
      "Turn offence, cure, slice and limit. A job lasts as long as it was set at the "
      "start.");
  SiteConfig config = site_config(story, dials);
  const Service service(config);
  config.service = service.port();
  config.file.clear();  // needs a writer: not here

  std::atomic<Stage> stage = Stage::before;
  std::atomic<std::uint16_t> port = 0;
  std::atomic<bool> over = false;
  std::jthread site_thread([&] {
    lab::uv::Loop loop;
    Site site(loop, config);
    lab::uv::Timer look(loop);
    look.start(
        10ms,
        [&] {
          site.config().slice = *dials.slice;
          site.config().limit = *dials.limit;
          trace::counter("lag", Ms(site.lag()).count(),
                         {.lane = "site", .args = {{"unit", "ms"}}});
          trace::counter("503", static_cast<double>(site.refused()), {.lane = "site"});
          if (over) loop.stop();
        },
        50ms);
    port = site.port();
    port.notify_one();
    loop.run();
  });
  port.wait(0);

  lab::uv::Loop loop;
  Visitors visitors(loop, port, stage);
  Visitors offenders(loop, port, stage);
  double visits = 0, offences = 0;
  int beats = 0;
  lab::uv::Timer heart(loop);
  heart.start(
      kBeat,
      [&] {
        const bool stopped = lab::Program::stopped();
        if (stopped && visitors.waiting() + offenders.waiting() == 0) return loop.stop();
        if (stopped) return;
        constexpr Offence kLive[] = {Offence::sum, Offence::regex, Offence::json};
        const Offence offence = kLive[*load.offence];
        const Cure cure = kCures[*load.cure];
        for (visits += *load.visits / kBeats; visits >= 1; visits -= 1)
          visitors.visit("/ping");
        for (offences += *load.offences / kBeats; offences >= 1; offences -= 1)
          if (offenders.waiting() < 4)
            offenders.visit(fmt::format("/{}/{}", name(offence), name(cure)));
        if (++beats % 40 != 0) return;
        trace::counter("visitors waiting", visitors.waiting(), {.lane = "visitors"});
        if (visitors.waiting() > 0) return;
        trace::counter("p99", Ms(visitors.latency().percentile(99)).count(),
                       {.lane = "visitors", .args = {{"unit", "ms"}}});
        visitors.clear();
        if (offenders.waiting() == 0) offenders.clear();
      },
      kBeat);
  loop.run();
  over = true;
}

}  // namespace lab23
