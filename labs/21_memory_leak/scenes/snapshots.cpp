#include <cmath>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/debug_port.hpp"
#include "world/heap_hook.hpp"
#include "world/zoo.hpp"

namespace lab21 {

namespace {

std::string top(const std::vector<Site>& sites) {
  return sites.empty() ? "nothing" : sites.front().name;
}

Estimate at(const std::vector<Site>& sites, const std::string& name) {
  for (const Site& site : sites) {
    if (site.name == name) return site.live;
  }
  return {};
}

// A shop after 1,000 requests, as a sampler with this mean sees it.
Snapshot look(std::size_t mean, std::uint64_t seed = 1) {
  HeapSampler sampler(mean, seed);
  const Recording recording(sampler);
  const Bytes catalog = load_catalog();
  Cache cache;
  Calls listeners, timers;
  for (int i = 0; i < 1000; ++i) {
    put_in_cache(cache, i, 3000);
    if (i % 2 == 0) subscribe(listeners, 1000);
    if (i % 5 == 0) every_tick(timers, 2000);
  }
  return sampler.snapshot();
}

}  // namespace

void snapshot(lab::Story& story, const Knobs& knobs) {
  story.say(
      "A shop serves 1,000 requests. Then a snapshot groups its live memory by call "
      "site. A sampler that records few of the blocks should give nearly the same "
      "result.");
  story.picture(lab::Picture::tree, {"Live memory by call site"});
  constexpr int kSeeds = 40;
  const auto mean = static_cast<std::size_t>(*knobs.sample);
  const Snapshot whole = look(1), sampled = look(mean);
  double sum = 0, variance = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Estimate estimate = total(look(mean, seed));
    sum += estimate.bytes;
    variance += estimate.variance;
  }
  const double truth = total(whole).bytes, average = sum / kSeeds;
  const auto sites = by_site(whole), estimates = by_site(sampled);
  lab::Table tree{
      "Live memory by call site", {"site", "parent", "bytes"}, {{"shop", "", ""}}};
  lab::Table beside{
      "Recorded whole, and sampled", {"site", "all", "sampled", "error"}, {}};
  for (const auto& [name, live] : sites) {
    tree.rows.push_back({name, "shop", fmt::format("{:.0f}", live.bytes)});
    const Estimate estimate = at(estimates, name);
    beside.rows.push_back(
        {name, bytes(live.bytes), bytes(estimate.bytes), bytes(estimate.error())});
  }
  story.table(tree);
  story.table(beside);
  HeapSampler deaf(1);  // the control: nobody tells it of any block
  story.claim("21.4",
              top(sites) == "put_in_cache" && top(estimates) == "put_in_cache" &&
                  std::abs(average - truth) < 5 * std::sqrt(variance) / kSeeds &&
                  sampled.samples.size() < whole.samples.size() / 3 &&
                  deaf.snapshot().samples.empty(),
              "{} is on top, with every block recorded and with {} of {} live blocks "
              "sampled. Over {} runs the estimates average {}, and {} are alive",
              top(sites), sampled.samples.size(), whole.samples.size(), kSeeds,
              bytes(average), bytes(truth));
  story.takeaway(
      "A few samples, each weighted by its chance to be taken, estimate the whole "
      "without bias.");
}

void three(lab::Story& story, const Knobs& knobs) {
  story.say(
      "The shop leaks one buffer per request. Expect one snapshot and two to point at "
      "the wrong function, and three at the right one.");
  story.picture(lab::Picture::bars, {"The largest site of each comparison"});
  constexpr int kRequests = 300;
  const auto size = static_cast<std::size_t>(*knobs.size);
  const auto play = [&](std::size_t mean) {
    HeapSampler sampler(mean);
    const Recording recording(sampler);
    const Bytes catalog = load_catalog();
    std::vector<Bytes> batch;
    const auto requests = [&] {
      for (int i = 0; i < kRequests; ++i) {
        forget_buffer(size);
        add_to_batch(batch, 2 * size);
      }
    };
    const Snapshot one = sampler.snapshot();
    requests();
    const Snapshot two = sampler.snapshot();  // while a batch waits to be written
    batch.clear();
    requests();
    return std::vector{by_site(one), compare(one, two), by_site(sampler.snapshot(), 1)};
  };
  // Step 8: one shows what is large, two what is new, three what was new and has stayed.
  const auto exact = play(1);
  const char* const kNames[] = {"one", "two: what is new", "three: new, and it stayed"};
  lab::Table table{"The largest site of each comparison",
                   {"snapshots", "site", "blocks", "bytes"},
                   {}};
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const Estimate largest = at(exact[i], top(exact[i]));
    table.rows.push_back({kNames[i], top(exact[i]), fmt::format("{:.0f}", largest.count),
                          fmt::format("{:.0f}", largest.bytes)});
  }
  story.table(table);
  const auto sampled = play(static_cast<std::size_t>(*knobs.sample));
  const Estimate found = at(exact[2], "forget_buffer");
  const Estimate estimate = at(sampled[2], "forget_buffer");
  story.claim("21.5",
              top(exact[0]) == "load_catalog" && top(exact[1]) == "add_to_batch" &&
                  top(exact[2]) == "forget_buffer" && found.count == kRequests &&
                  top(sampled[2]) == "forget_buffer" &&
                  std::abs(estimate.bytes - found.bytes) < 5 * estimate.error(),
              "one snapshot named {}, two named {}, and three {}, with {:.0f} of {} "
              "leaked blocks. A sampler estimated {}, where {} had leaked",
              top(exact[0]), top(exact[1]), top(exact[2]), found.count, kRequests,
              bytes(estimate.bytes), bytes(found.bytes));
  story.nuance("21.5",
               "Two snapshots also show what is only in flight at the second one.");
  story.takeaway(
      "Warm up, then take three snapshots. Look at what is new in the second and still "
      "there in the third.");
}

void port(lab::Story& story, const Knobs& knobs) {
  story.say(
      "The service has a debug port on 127.0.0.1 that returns a snapshot. It should "
      "refuse everybody else.");
  story.picture(lab::Picture::sequence, {"operator", "service"});
  lab::trace::actor("service", lab::trace::Actor::service);
  lab::trace::actor("operator", lab::trace::Actor::client);
  HeapSampler sampler(static_cast<std::size_t>(*knobs.sample));
  const Recording recording(sampler);
  std::atomic<lab::EventId> asked{0}, answered{0};  // one request at a time
  lab::http::Server server([&](const lab::http::Request& request, auto reply) {
    lab::trace::flow_in(asked, "GET /heap", {.lane = "service"});
    const lab::http::Response response = debug_port(request, sampler);
    answered = lab::trace::flow_out(
        fmt::format("{}, {} bytes", response.status, response.body.size()),
        {.lane = "service", .cause = asked});
    reply(response);
  });
  lab::Table table{"Who gets a snapshot", {"asked", "answer"}, {}};
  const auto ask = [&](const std::string& how, const char* address,
                       lab::http::Headers headers) {
    asked = lab::trace::flow_out("GET /heap, " + how, {.lane = "operator"});
    const auto result = lab::http::Client(address, server.port())
                            .request({.target = "/heap", .headers = std::move(headers)},
                                     std::chrono::seconds(20));
    const auto* response = std::get_if<lab::http::Response>(&result);
    if (response)
      lab::trace::flow_in(answered, std::to_string(response->status),
                          {.lane = "operator"});
    else
      lab::trace::instant(how + ": the connection is refused", {.lane = "operator"});
    table.rows.push_back({how, response ? std::to_string(response->status) : "refused"});
    return response ? response->body : "";
  };
  Calls listeners;
  const auto held_after = [&](int requests) {
    for (int i = 0; i < requests; ++i) subscribe(listeners, 1000);
    const std::string text = ask("as 127.0.0.1", "127.0.0.1", {});
    const bool on_top = text.substr(0, text.find('\n')).ends_with(" subscribe");
    return std::pair(text, on_top ? std::stod(text) : 0.0);
  };
  const auto [small, first] = held_after(1000);
  const auto [large, last] = held_after(3000);
  ask("as 127.0.0.2", "127.0.0.2", {});
  ask("for another host", "127.0.0.1", {{"Host", "evil.example"}});
  story.table(table);
  story.claim("21.3",
              first > 0 && last > 2 * first && large.size() < 1000 &&
                  table.rows[2][1] == "refused" && table.rows[3][1] == "403",
              "memory from subscribe was {} in the first snapshot and {} in the second, "
              "a text of {}. Control: at 127.0.0.2 the connection was refused, and with "
              "another Host header the reply was {}",
              bytes(first), bytes(last), bytes(static_cast<double>(large.size())),
              table.rows[3][1]);
  story.nuance(
      "21.3",
      "Node's own debug port runs any code that it is sent. This one only sends a "
      "snapshot.");
  story.takeaway("A debug port belongs on loopback, behind a tunnel.");
}

}  // namespace lab21
