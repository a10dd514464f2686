#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/service.hpp"

namespace lab21 {

namespace {

// One request to the port; the status, or 0 if nobody listens, and the body.
std::pair<int, std::string> ask(std::uint16_t port, lab::http::Request request,
                                const std::string& host = "127.0.0.1") {
  const auto out = lab::trace::flow_out(request.target, {.lane = "operator"});
  request.headers.emplace_back("X-Flow", std::to_string(out));
  const auto result =
      lab::http::Client(host, port).request(request, std::chrono::seconds(20));
  const auto* response = std::get_if<lab::http::Response>(&result);
  return response ? std::pair(response->status, response->body)
                  : std::pair(0, std::string());
}

}  // namespace

void port(lab::Story& story, const Knobs& knobs) {
  story.say(
      "A service runs in another process. What does its debug port tell, and whom?");
  story.picture(lab::Picture::nodes, {"operator", "service"});
  const ServiceProcess service = start_service(static_cast<std::size_t>(*knobs.sample));
  lab::trace::actor("service", lab::trace::Actor::process, service.child.pid());
  lab::trace::actor("operator", lab::trace::Actor::client);

  std::vector<std::vector<Site>> snapshots;
  std::size_t size = 0;
  for (int i = 0; i < 3; ++i) {
    ask(service.port, {.method = "POST", .target = "/work"});
    const std::string text = ask(service.port, {.target = "/heap"}).second;
    size = text.size();
    snapshots.push_back(from_text(text).value_or(std::vector<Site>{}));
  }
  const double first = total(snapshots[0]).bytes, last = total(snapshots[2]).bytes;
  const std::string site = snapshots[2].empty() ? "nothing" : snapshots[2][0].name;

  const int elsewhere = ask(service.port, {.target = "/heap"}, "127.0.0.2").first;
  const int rebound =
      ask(service.port, {.target = "/heap", .headers = {{"Host", "evil.example"}}}).first;
  story.table({"Who gets a snapshot",
               {"asked as", "status"},
               {{"127.0.0.1", snapshots[2].empty() ? "none" : "200"},
                {"127.0.0.2", elsewhere == 0 ? "refused" : std::to_string(elsewhere)},
                {"Host: evil.example", std::to_string(rebound)}}});
  story.table({"What a snapshot costs",
               {"of", "bytes"},
               {{"live memory, as estimated", fmt::format("{:.0f}", last)},
                {"the text of the snapshot", std::to_string(size)}}});
  story.claim(
      "21.3",
      site == "EventHub::subscribe" && last > 2 * first && elsewhere == 0 &&
          rebound == 403 && size < last / 100,
      "{} on top: {} at the first snapshot, {} at the third, each in a text of {}. "
      "From 127.0.0.2 the connection was refused, for another host it was {}",
      site, lab::text::bytes(static_cast<std::uint64_t>(first)),
      lab::text::bytes(static_cast<std::uint64_t>(last)), lab::text::bytes(size),
      rebound);
  story.nuance("21.3",
               "Node's own port runs any code that it is sent. This one only answers.");
  story.takeaway("A debug port belongs on loopback, behind a tunnel.");
}

}  // namespace lab21
