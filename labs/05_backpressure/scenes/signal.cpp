// The signal itself: what write() returns, and a queue while that is ignored and obeyed.
#include <algorithm>

#include "scenes/scenes.hpp"

namespace lab05 {

namespace trace = lab::trace;
using lab::Story;
using lab::text::bytes;

namespace {

// Accepts everything and never reports that it has written any of it.
class StuckSink : public Writable {
 public:
  explicit StuckSink(Ticks& ticks) : Stream(ticks), Writable(ticks, 10) {}

 private:
  void write_chunk(Chunk, lab::Done) override {}
};

}  // namespace

void answers(Story& story, const Knobs&) {
  story.say(
      "We write 5 bytes five times to a sink that never finishes a write. Its high-water "
      "mark is 10 bytes.");
  story.picture(lab::Picture::tank, {"sink queued", "sink high-water mark"});
  Ticks ticks;
  StuckSink sink(ticks);
  gauge("high-water mark", "sink", 10);
  for (int i = 0; i < 5; ++i) {
    const bool answer = sink.write(Chunk("12345"));
    trace::instant("write",
                   {.lane = "sink",
                    .args = {{"answer", answer}, {"length", sink.writable_length()}}});
    gauge("queued", "sink", sink.writable_length());
  }
  story.nuance("05.1",
               "The mark is a threshold and not a limit. The sink never refuses a chunk, "
               "so nothing protects you unless you check what write() returns.");
  story.takeaway("The whole signal is one return value: write() returns false.");
}

namespace {

// The queue after each tick. The signal is ignored for some ticks, and then obeyed.
std::vector<std::size_t> queue_over_time(const Plan& plan, std::size_t ignored_for,
                                         std::size_t ticks, std::string_view lane) {
  Transfer transfer(plan);
  FastSource& source = transfer.source;
  Writable& sink = transfer.outlet.sink;
  std::vector<std::size_t> queue;
  int ignoring = 0;
  transfer.ticks.run([&] {
    ignoring = source.on_data([&](const Chunk& chunk) { (void)sink.write(chunk); });
  });
  gauge("high-water mark", lane, plan.high_water_mark);
  transfer.run([&] {
    queue.push_back(transfer.queued());
    gauge("queued", lane, queue.back());
    if (queue.size() == ignored_for) {
      trace::instant("the signal is obeyed from now on", {.lane = lane});
      source.off_data(ignoring);
      carry(Way::by_hand, source, sink);
    }
    if (queue.size() == ticks) transfer.stop();
  });
  return queue;
}

}  // namespace

void rise(Story& story, const Knobs& knobs) {
  const Plan plan = knobs.plan();
  const std::size_t bound = plan.high_water_mark + plan.chunk;
  const std::size_t ignored_for = 40;
  const std::size_t ticks = story.quick() ? 500 : 1000;
  story.say(
      "A source produces {} MiB/s, and the reader reads {} MiB/s. For {} ms we ignore "
      "what write() returns, and then we obey it. The control is a source that is slower "
      "than its reader.",
      *knobs.source_rate, *knobs.sink_rate, ignored_for);
  story.picture(lab::Picture::curves,
                {"outrun queued", "keeps up queued", "outrun high-water mark"});
  const auto queue = queue_over_time(plan, ignored_for, ticks, "outrun");
  Plan keeps_up = plan;
  keeps_up.source_rate = plan.sink_rate / 2;
  const auto calm = queue_over_time(keeps_up, ticks, ticks / 4, "keeps up");

  const std::size_t early = queue[ignored_for / 3], later = queue[2 * ignored_for / 3];
  const std::size_t ignored = queue[ignored_for - 1];
  const std::size_t obeyed = *std::max_element(queue.end() - 20, queue.end());
  const std::size_t control = std::ranges::max(calm);
  story.claim("05.1",
              early < later && later < ignored && ignored > bound && obeyed <= bound &&
                  control < bound,
              "while the signal was ignored, the queue grew to {}, {} and {}; once it "
              "was obeyed, the queue fell to at most {}. Control: with a slower source "
              "it never passed {}",
              bytes(early), bytes(later), bytes(ignored), bytes(obeyed), bytes(control));
  story.takeaway(
      "Until you pause the source, the queue grows at the difference of the two rates.");
}

}  // namespace lab05
