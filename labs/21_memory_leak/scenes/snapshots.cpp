#include <cmath>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/heap_hook.hpp"
#include "world/shop.hpp"

namespace lab21 {

namespace {

std::string bytes(double count) {
  return lab::text::bytes(static_cast<std::uint64_t>(count));
}

// What a sampler with this mean sees of a shop after `requests`.
struct Seen {
  std::vector<Site> sites;
  std::uint64_t samples;
};

Seen look(int requests, std::size_t mean, std::uint64_t seed) {
  HeapSampler sampler(mean, seed);
  const Recording recording(sampler);
  Shop shop;
  for (int i = 0; i < requests; ++i) shop.request(i);
  return {by_site(sampler.snapshot()), sampler.samples_taken()};
}

std::string top(const std::vector<Site>& sites) {
  return sites.empty() ? "nothing" : sites.front().name;
}

}  // namespace

void snapshot(lab::Story& story, const Knobs& knobs) {
  story.say("A shop answers 1,000 requests. Then we ask who holds its memory.");
  story.picture(lab::Picture::tree, {"Live memory by call site"});
  constexpr int kRequests = 1000, kSeeds = 40;
  const Seen exact = look(kRequests, 1, 1);
  const auto mean = static_cast<std::size_t>(*knobs.sample);
  const Seen once = look(kRequests, mean, 1);
  double sum = 0, variance = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Estimate estimate = total(look(kRequests, mean, seed).sites);
    sum += estimate.bytes;
    variance += estimate.variance;
  }
  const double truth = total(exact.sites).bytes;
  const double average = sum / kSeeds, error = std::sqrt(variance) / kSeeds;

  lab::Table table{"Live memory by call site", {"site", "parent", "bytes"}, {}};
  table.rows.push_back({"shop", "", ""});
  lab::Table beside{
      "Recorded whole, and sampled", {"site", "all", "sampled", "error"}, {}};
  for (const Site& site : exact.sites) {
    table.rows.push_back({site.name, "shop", fmt::format("{:.0f}", site.live.bytes)});
    Estimate estimate;
    for (const Site& other : once.sites) {
      if (other.name == site.name) estimate = other.live;
    }
    if (site.live.bytes > truth / 100)
      beside.rows.push_back({site.name, bytes(site.live.bytes), bytes(estimate.bytes),
                             bytes(estimate.error())});
  }
  story.table(table);
  story.table(beside);
  HeapSampler deaf(1);  // the control: nobody tells it
  Shop unseen;
  unseen.request(0);
  story.claim(
      "21.4",
      top(exact.sites) == "Cache::put" && top(once.sites) == "Cache::put" &&
          std::abs(average - truth) < 5 * error && once.samples < exact.samples / 3 &&
          deaf.snapshot().samples.empty(),
      "{} on top, recorded whole and sampled. {} of {} blocks were sampled; over {} "
      "runs the estimates average {}, and {} are alive",
      top(once.sites), once.samples, exact.samples, kSeeds, bytes(average), bytes(truth));
  story.takeaway("A few samples, weighted by their chance, give the whole without bias.");
}

void three(lab::Story& story, const Knobs& knobs) {
  story.say("The shop forgets a buffer for each request. Can a snapshot name the site?");
  story.picture(lab::Picture::bars, {"The largest site of each comparison"});
  constexpr int kRequests = 300;
  const auto size = static_cast<std::size_t>(*knobs.size);
  lab::Table table{"The largest site of each comparison",
                   {"snapshots", "site", "blocks", "bytes"},
                   {}};
  const auto play = [&](std::size_t mean) {
    HeapSampler sampler(mean);
    const Recording recording(sampler);
    Shop shop(size);
    const Snapshot one = sampler.snapshot();
    for (int i = 0; i < kRequests; ++i) shop.request_that_leaks();
    const Snapshot two = sampler.snapshot();  // while a batch waits to be written
    shop.write_batch();
    for (int i = 0; i < kRequests; ++i) shop.request_that_leaks();
    const Snapshot last = sampler.snapshot();
    return std::vector{by_site(one), compare(one, two), by_site(last, 1)};
  };
  // Step 8: one shows what is large, two what is new, three what is new and stays.
  const auto exact = play(1);
  const char* const kNames[] = {"one", "two: what is new", "three: new, and it stayed"};
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const Site& first = exact[i].at(0);
    table.rows.push_back({kNames[i], first.name, fmt::format("{:.0f}", first.live.count),
                          fmt::format("{:.0f}", first.live.bytes)});
    lab::trace::instant(first.name, {.lane = kNames[i]});
  }
  story.table(table);
  const auto sampled = play(static_cast<std::size_t>(*knobs.sample));
  const Estimate found = exact[2][0].live, estimate = sampled[2].at(0).live;
  story.claim(
      "21.5",
      top(exact[0]) == "load_catalog" && top(exact[1]) == "Shop::add_to_batch" &&
          top(exact[2]) == "forget_buffer" && found.count == kRequests &&
          top(sampled[2]) == "forget_buffer" &&
          std::abs(estimate.bytes - found.bytes) < 5 * estimate.error(),
      "one: {}; two: {}; three: {} with {:.0f} of {} planted blocks. Sampled it is "
      "{} of {}",
      top(exact[0]), top(exact[1]), top(exact[2]), found.count, kRequests,
      bytes(estimate.bytes), bytes(found.bytes));
  story.nuance("21.5", "Two snapshots also show what is only in flight at the second.");
  story.takeaway("Warm up, then three snapshots: what is new at two and stays at three.");
}

}  // namespace lab21
