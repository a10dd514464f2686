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

// Step 8: the same programs as in Node, line by line.
void node(Story& story, const Knobs&) {
  story.say(
      "Small programs register listeners and emit. `on` appends, `prepend` puts in "
      "front, "
      "and listeners change the list while it is being called.");
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
              "the listeners ran in order, the prepended one first: {}. A listener that "
              "removed itself did not make emit skip the next one ({}). Control: a loop "
              "over the live list skipped it ({})",
              first, self, live);
  story.nuance("30.2",
               "emit calls the listeners that were there when it began, and it returns "
               "whether there were any, never what they returned.");
  const std::string early = played("emitted too early");
  story.claim(
      "30.3", early == "listening > heard",
      "of two emits, one before `on` and one after it, the listener heard one: {}",
      early);
  story.nuance("30.3",
               "An event is not kept. That is why a constructor puts its first emit off "
               "with process.nextTick.");
  story.takeaway(
      "An emitter keeps a list of functions per event name, and emit calls those that "
      "are in it when it begins.");
}

}  // namespace lab30
