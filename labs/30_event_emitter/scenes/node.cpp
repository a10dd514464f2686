// node.cpp: who is called, and in which order.
#include "lab/core/trace.hpp"
#include "scenes/programs.hpp"
#include "scenes/scenes.hpp"

namespace lab30 {

using lab::Picture;
using lab::Story;
namespace trace = lab::trace;

namespace {

inline constexpr Event<int, std::string_view> order_placed{"order"};

// Three listeners and one emit, for the picture; what the arguments were.
std::string drawn_emit() {
  EventEmitter emitter;
  std::string arguments;
  for (const char* name : {"L1", "L2"}) {
    emitter.on(order_placed, [&arguments, name](int number, std::string_view what) {
      trace::flow_in(trace::flow_out("call", {.lane = "caller"}), "call", {.lane = name});
      arguments = fmt::format("{} {}", number, what);
    });
  }
  emitter.prepend(order_placed, [](int, std::string_view) {
    trace::flow_in(trace::flow_out("call", {.lane = "caller"}), "call", {.lane = "L0"});
  });
  const trace::Span span("emit", {.lane = "caller"});
  emitter.emit(order_placed, 7, "teapots");
  return arguments;
}

// The control: a loop over a live list, in which a listener removes itself.
std::string live_list_skips() {
  Log log;
  std::vector<std::function<void()>> listeners;
  listeners.emplace_back([&] {
    log.add("self");
    listeners.erase(listeners.begin());
  });
  listeners.emplace_back(log.says("behind"));
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const auto call = listeners[i];
    call();
  }
  return log.text();
}

}  // namespace

// The same programs as in Node, line by line.
void node(Story& story, const Knobs&) {
  story.say(
      "Small programs add listeners and emit. In some of them a listener changes the "
      "list during the emit. Each emit should call the listeners that were there when it "
      "began.");
  story.picture(Picture::sequence, {"caller", "L0", "L1", "L2"});
  const std::string arguments = drawn_emit();
  lab::Table table{"Node plays this too", {"program", "order"}, {}};
  for (const SmallProgram& program : programs())
    table.rows.push_back({program.name, played(program.name)});
  story.table(table);

  const std::string first = played("on, prepend, once");
  const std::string again = played("emitted again");
  const std::string self = played("it removes itself"), live = live_list_skips();
  story.claim("30.2",
              first == "before > L0 > L1 > once > L2 > after" &&
                  again == "L0 > L1 > L2 > true > false" && arguments == "7 teapots" &&
                  self == "self > behind > | > behind" && live == "self",
              "the calls came in this order: {}. When a listener removed itself: {}. "
              "Control, a loop over the live list: {}",
              first, self, live);
  story.nuance("30.2",
               "emit calls the listeners that were there when it began. It "
               "returns whether there were any, not what they returned.");
  story.takeaway(
      "An emitter keeps a list of functions for each event, and emit calls all of them.");
}

}  // namespace lab30
