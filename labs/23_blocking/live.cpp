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
constexpr Offence kLive[] = {Offence::sum, Offence::regex, Offence::json};
constexpr double kBeats = 1s / kBeat;  // a second

// A site on a thread of its own, until it goes.
class Apart {
 public:
  Apart(const SiteConfig& config, const Dials& dials, const Load& load)
      : thread_([=, this] { serve(config, dials, load); }) {
    port_.wait(0);
  }
  ~Apart() {
    over_ = true;
    thread_.join();
  }
  std::uint16_t port() const { return port_; }

 private:
  void serve(const SiteConfig& config, const Dials& dials, const Load& load) {
    lab::uv::Loop loop;
    Site site(loop, config);
    lab::uv::Timer look(loop);
    look.start(
        10ms,
        [&] {
          site.config().slice = *dials.slice;
          site.config().limit = *load.shed ? *dials.limit : milliseconds(0);
          trace::counter("lag", Ms(site.lag()).count(),
                         {.lane = "site", .args = {{"unit", "ms"}}});
          trace::counter("503", static_cast<double>(site.refused()), {.lane = "site"});
          if (over_) loop.stop();
        },
        50ms);
    port_ = site.port();
    port_.notify_one();
    loop.run();
  }

  std::atomic<std::uint16_t> port_ = 0;
  std::atomic<bool> over_ = false;
  std::thread thread_;  // last: it uses all of the above
};

// Those who ask it, at the rates that were dialled.
class Asking {
 public:
  Asking(lab::uv::Loop& loop, std::uint16_t port)
      : visitors_(loop, port, stage_), offenders_(loop, port, stage_) {}

  int waiting() const { return visitors_.waiting() + offenders_.waiting(); }

  void beat(const Load& load) {
    const Offence offence = kLive[*load.offence];
    Cure cure = kCures[*load.cure];
    const bool in_slices = cure == Cure::ticks || cure == Cure::promises;
    if (offence == Offence::regex && in_slices) cure = Cure::none;  // it has no pieces
    for (visits_ += *load.visits / kBeats; visits_ >= 1; visits_ -= 1)
      if (visitors_.waiting() < 500) visitors_.visit("/ping");
    for (offences_ += *load.offences / kBeats; offences_ >= 1; offences_ -= 1)
      if (offenders_.waiting() < 4)
        offenders_.visit(fmt::format("/{}/{}", name(offence), name(cure)));
    if (++beats_ % 40 == 0) draw();
  }

 private:
  void draw() {
    trace::counter("visitors waiting", visitors_.waiting(), {.lane = "visitors"});
    trace::counter("p99", Ms(visitors_.until_now().percentile(99)).count(),
                   {.lane = "visitors", .args = {{"unit", "ms"}}});
    visitors_.forget_answered();
    offenders_.forget_answered();
  }

  const std::atomic<Stage> stage_ = Stage::before;
  Visitors visitors_;
  Visitors offenders_;
  double visits_ = 0;
  double offences_ = 0;
  int beats_ = 0;
};

}  // namespace

// Step 7: turn `cure`, and watch what 99 % of the visitors wait at most. The visitors' loop
// is another one than the site's, so that their clock goes on when the site is blocked.
void live(Story& story, const Dials& dials, const Load& load) {
  story.say(
      "Turn offence, cure, slice and limit. A job lasts as long as it was set at the "
      "start. A regular expression has no slices: ticks and promises are no cure.");
  SiteConfig config = site_config(story, dials);
  const Service service(config);
  config.service = service.port();
  const Apart site(config, dials, load);
  lab::uv::Loop loop;
  Asking asking(loop, site.port());
  lab::uv::Timer heart(loop);
  heart.start(
      kBeat,
      [&] {
        if (!lab::Program::stopped()) return asking.beat(load);
        if (asking.waiting() == 0) loop.stop();
      },
      kBeat);
  loop.run();
}

}  // namespace lab23
