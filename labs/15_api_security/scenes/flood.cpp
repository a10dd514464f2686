// flood.cpp: many addresses, each of them polite.
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/proc.hpp"
#include "scenes/scenes.hpp"
#include "world/caller.hpp"

namespace lab15 {

namespace trace = lab::trace;
using namespace std::chrono_literals;

void flood(lab::Story& story, const Knobs& knobs) {
  const int limit = *knobs.limit, addresses = *knobs.addresses, rude = 10 * limit;
  story.say(
      "{} addresses of this machine send {} requests each, which is exactly the limit. "
      "Then one address sends {}. The limit should stop only that address, and the "
      "process should still read and parse the requests that it refuses.",
      addresses, limit, rude);
  story.picture(lab::Picture::bars, {"What happened to the requests"});
  const auto shop_with_limit = [&] {
    return ShopOptions{
        .name = "shop",
        .limiter = make_limiter(Algorithm::sliding_window,
                                {.requests = limit, .window = std::chrono::hours(1)}),
        .host = "0.0.0.0"};
  };

  Shop shop(shop_with_limit());
  const auto cpu_before = lab::cpu_time();
  int passed = 0;
  for (int i = 0; i < addresses; ++i) {
    const std::string address = fmt::format("127.0.1.{}", i + 1);
    for (int k = 0; k < limit; ++k) passed += send_from(address, shop, "/login") == 400;
    trace::counter("passed", passed, {.lane = "shop"});
  }
  const int sent = addresses * limit;
  const auto cpu = lab::cpu_time() - cpu_before;

  Shop other(shop_with_limit());
  int refused = 0;
  for (int i = 0; i < rude; ++i)
    refused += send_from("127.0.2.1", other, "/login") == 429;
  const auto text = [](int number) { return std::to_string(number); };
  story.table({"What happened to the requests",
               {"from", "sent", "refused", "parsed by the process"},
               {{fmt::format("{} addresses", addresses), text(sent), text(sent - passed),
                 text(shop.entered())},
                {"one address", text(rude), text(refused), text(other.entered())}}});
  story.claim("15.3",
              passed == sent && shop.entered() == sent && refused == rude - limit &&
                  other.entered() == rude,
              "{} of {} requests from {} addresses passed a limit of {} each, and cost "
              "{} of CPU. Control: from one address {} of {} were refused, but the "
              "process had still accepted and parsed all {}",
              passed, sent, addresses, limit, lab::text::time(cpu), refused, rude,
              other.entered());
  story.nuance("15.3",
               "Stop a flood before it reaches Node. Do it in the kernel, in the proxy, "
               "or in a network that is larger than the attack (CDN, scrubbing). The app "
               "still has to bound what one request may cost: body size, time, queries.");
  story.takeaway(
      "A rate limit protects accounts and treats clients fairly. It does not save the "
      "process the work of refusing.");
}

}  // namespace lab15
