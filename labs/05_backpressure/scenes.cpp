#include "scenes.hpp"

#include <malloc.h>

#include <algorithm>

#include "experiments.hpp"

namespace lab05 {

namespace trace = lab::trace;
using lab::Story;

namespace {

// A sink that takes everything and never says that it has written any of it.
class StuckSink : public Writable {
 public:
  explicit StuckSink(Ticks& ticks) : Stream(ticks), Writable(ticks, 10) {}

 private:
  void write_chunk(Chunk, Done) override {}
};

}  // namespace

void answers(Story& story) {
  story.say(
      "A sink with a high-water mark of 10 bytes that never gets anything done. "
      "Five times we write 5 bytes.");
  Ticks ticks;
  StuckSink sink(ticks);
  bool honest = true;
  // Step 1: the whole signal. The bytes are accepted either way; the answer compares what
  // is still queued with the mark, and a caller that does not look at it has no
  // backpressure.
  for (std::size_t i = 1; i <= 5; ++i) {
    const bool answer = sink.write(Chunk("12345"));
    trace::instant("write",
                   {.lane = "sink",
                    .args = {{"answer", answer}, {"length", sink.writable_length()}}});
    honest = honest && sink.writable_length() == 5 * i && answer == (5 * i < 10);
  }
  story.claim("05.1", kArises, honest,
              "write() said true below the mark of 10 bytes, false from 10 on, and took "
              "all {} bytes",
              sink.writable_length());
  story.nuance("05.1",
               "The mark is a threshold, not a cap: nothing is ever refused. The "
               "answer false is the whole signal, and obeying it is up to you.");
}

// Step 3: the queue of a sink whose signal is ignored for `deaf` ticks, and then obeyed.
// `on_drain` comes when the queue is empty, not when it falls below the mark: so a source
// that obeys is woken once for every markful, not once for every chunk.
std::vector<std::size_t> queue_over_time(const Plan& plan, std::size_t deaf,
                                         std::size_t ticks, std::string_view lane) {
  World world(plan);
  std::vector<std::size_t> queue;
  world.ticks.run([&] {
    world.source.on_data([&](const Chunk& chunk) {
      if (!world.outlet.sink.write(chunk) && queue.size() >= deaf) world.source.pause();
    });
    world.outlet.sink.on_drain([&] { world.source.resume(); });
  });
  world.run([&] {
    queue.push_back(world.outlet.sink.writable_length());
    gauge("queued", lane, queue.back());
    if (queue.size() == deaf) trace::instant("now the signal counts", {.lane = lane});
    if (queue.size() == ticks) world.stop();
  });
  return queue;
}

void rise(Story& story, const Knobs& knobs) {
  const Plan plan = knobs.plan();
  const std::size_t bound = plan.high_water_mark + plan.chunk;
  const std::size_t deaf = 40;
  const std::size_t ticks = story.quick() ? 500 : 1000;
  story.say(
      "The source makes {} MiB/s, the reader at the other end of the socket reads {} "
      "MiB/s. For {} ms we do not look at what write() answers.",
      *knobs.source_rate, *knobs.sink_rate, deaf);
  const auto queue = queue_over_time(plan, deaf, ticks, "outrun");

  story.say("The control: the same source, a reader twice as fast as it.");
  Plan keeps_up = plan;
  keeps_up.source_rate = plan.sink_rate / 2;
  const auto calm = queue_over_time(keeps_up, ticks, ticks / 4, "keeps up");

  const std::size_t third = deaf / 3;
  const bool rises =
      queue[third] < queue[2 * third] && queue[2 * third] < queue[deaf - 1];
  const std::size_t at_the_end = *std::max_element(queue.end() - 20, queue.end());
  const std::size_t calm_peak = std::ranges::max(calm);
  story.claim(
      "05.1", kArises,
      rises && queue[deaf - 1] > bound && at_the_end <= bound && calm_peak < bound,
      "ignored: {}, {}, {} queued after {}, {}, {} ms; obeyed: at most {}; with a "
      "reader that keeps up: at most {}",
      size_text(queue[third]), size_text(queue[2 * third]), size_text(queue[deaf - 1]),
      third, 2 * third, deaf, size_text(at_the_end), size_text(calm_peak));
}

namespace {

bool aligned(const Record& record, const Plan& plan) {
  return !record.pauses.empty() &&
         std::ranges::min(record.pauses) >= plan.high_water_mark;
}

// The first resume starts the source; from then on each follows a drain of its own.
bool one_to_one(const Record& record) {
  return record.unfounded_resumes == 0 && record.drains > 0 &&
         record.resumes == record.drains + 1;
}

std::vector<std::string> row(Way way, const Record& record) {
  return {std::string(name(way)),          std::to_string(record.chunks),
          std::to_string(record.refusals), std::to_string(record.pauses.size()),
          std::to_string(record.drains),   std::to_string(record.resumes),
          size_text(record.peak),          std::to_string(record.milliseconds)};
}

struct Records {
  Record ignored, hasty, hand, piped, lined;
};

void prove(Story& story, const Plan& plan, const Records& records) {
  const auto& [ignored, hasty, hand, piped, lined] = records;
  const std::size_t bound = plan.high_water_mark + plan.chunk;
  story.claim("05.3", kEasiest,
              piped.peak <= bound && piped.received == plan.total && ignored.peak > bound,
              "longest queue {} with pipe (mark and one chunk: {}), {} when ignored; all "
              "{} bytes arrived",
              size_text(piped.peak), size_text(bound), size_text(ignored.peak),
              piped.received);
  story.claim(
      "05.4", kPauses, aligned(piped, plan) && ignored.pauses.empty(),
      "{} pauses for {} chunks, none with less than {} queued (mark {}); ignored: "
      "{} pauses, {} queued",
      piped.pauses.size(), piped.chunks,
      size_text(piped.pauses.empty() ? 0 : std::ranges::min(piped.pauses)),
      size_text(plan.high_water_mark), ignored.pauses.size(), size_text(ignored.peak));
  story.claim("05.5", "It resumes the source when the sink drains",
              one_to_one(piped) && one_to_one(hand) && hasty.unfounded_resumes > 0,
              "{} drains, {} resumes (the first starts the source), {} without a drain; "
              "the hasty pump: {} without a drain, {} queued",
              piped.drains, piped.resumes, piped.unfounded_resumes,
              hasty.unfounded_resumes, size_text(hasty.peak));
  story.claim("05.6", "By hand: wait for drain, pause and resume",
              hand.peak == piped.peak && hand.chunks == piped.chunks &&
                  hand.received == piped.received && lined.peak == piped.peak &&
                  ignored.peak > hand.peak,
              "by hand, pipe, pipeline: longest queue {}, {}, {}; {}, {}, {} chunks; {}, "
              "{}, {} ms. Ignored: {}",
              size_text(hand.peak), size_text(piped.peak), size_text(lined.peak),
              hand.chunks, piped.chunks, lined.chunks, hand.milliseconds,
              piped.milliseconds, lined.milliseconds, size_text(ignored.peak));
}

}  // namespace

void ways(Story& story, const Knobs& knobs) {
  Plan plan = knobs.plan();
  const std::size_t marks = std::max(plan.high_water_mark, plan.chunk) / plan.chunk + 1;
  const std::size_t least = plan.sink_rate * (story.quick() ? 250 : 1000) / plan.chunk;
  plan.total = std::max(least, 8 * marks) * plan.chunk;
  story.say("{} in chunks of {}, mark {}, over the same socket to the same slow reader.",
            size_text(plan.total), size_text(plan.chunk),
            size_text(plan.high_water_mark));

  lab::Table table{.title = "What is done with write()'s answer",
                   .columns = {"way", "chunks", "false", "pauses", "drains", "resumes",
                               "longest queue", "ms"},
                   .rows = {}};
  const auto run = [&](Way way) {
    malloc_trim(0);  // what earlier runs freed must not count as this one's memory
    const Record record = run_transfer(
        way, plan, [&](const World& world) { draw_tick(name(way), world); },
        [&](World& world) {
          if (way == Way::pipe) draw_turns(world);
        });
    table.rows.push_back(row(way, record));
    return record;
  };
  const Records records{.ignored = run(Way::ignore),
                        .hasty = run(Way::hasty),
                        .hand = run(Way::by_hand),
                        .piped = run(Way::pipe),
                        .lined = run(Way::pipeline)};
  story.table(table);
  prove(story, plan, records);
  story.nuance("05.2",
               "These bytes had an end, so ignoring the signal cost memory and "
               "nothing else. Only a source without an end kills.");
}

void failures(Story& story) {
  story.say(
      "A proxy: socket, transform, socket. One of the three fails; we then look at "
      "the other two, at the descriptors, and at what the client saw.");
  lab::Table table{
      .title = "After the failure",
      .columns = {"by", "failed", "source", "stage", "sink", "fds", "client"},
      .rows = {}};
  const auto state = [](bool destroyed) { return destroyed ? "destroyed" : "open"; };
  bool pipe_leaves_open = true, pipeline_clears_all = true;
  for (const Join join : {Join::pipe, Join::pipeline}) {
    for (const Failing failing : {Failing::source, Failing::stage, Failing::sink}) {
      const Aftermath after = run_failure(join, failing);
      trace::instant("aftermath", {.lane = name(join),
                                   .args = {{"failed", name(failing)},
                                            {"sink destroyed", after.sink_destroyed}}});
      const bool all_gone = after.source_destroyed && after.stage_destroyed &&
                            after.sink_destroyed && after.descriptors_open == 0;
      const bool client_knows = failing == Failing::sink || after.client_saw_end;
      if (join == Join::pipe) {
        pipe_leaves_open &= !all_gone && after.descriptors_open > 0;
      } else {
        pipeline_clears_all &= all_gone && client_knows && after.calls == 1;
      }
      table.rows.push_back({std::string(name(join)), std::string(name(failing)),
                            state(after.source_destroyed), state(after.stage_destroyed),
                            state(after.sink_destroyed),
                            std::to_string(after.descriptors_open),
                            failing == Failing::sink ? "has left"
                            : after.client_saw_end   ? "saw the end"
                                                     : "waits on"});
    }
  }
  story.table(table);
  story.claim("05.3", kEasiest, pipe_leaves_open && pipeline_clears_all,
              "what it does not do: after each of 3 failures pipe() left streams and "
              "descriptors open; pipeline() destroyed all three stages, left 0 "
              "descriptors, and called back once");
  story.nuance("05.3",
               "pipe() bounds memory, but passes on no error and destroys nothing. "
               "Today's answer is pipeline().");
}

void two_sinks(Story& story, const Knobs& knobs) {
  Plan plan = knobs.plan();
  const std::size_t fast_rate = 8 * plan.sink_rate;
  story.say(
      "The same source into two sockets. One reader takes {} in a millisecond, the "
      "other {}.",
      size_text(fast_rate), size_text(plan.sink_rate));
  World world(plan);
  Outlet fast(world.ticks, world.loop, plan.high_water_mark, plan.kernel_buffer);
  std::size_t pauses = 0, least = ~std::size_t{0};
  world.ticks.run([&] {
    pipe(world.source, fast.sink);
    pipe(world.source, world.outlet.sink);
    world.source.on_pause([&] {
      ++pauses;
      least = std::min(least, std::max(fast.sink.writable_length(),
                                       world.outlet.sink.writable_length()));
    });
  });
  world.run([&] {
    fast.reader.read(fast_rate);
    gauge("queued", "fast sink", fast.sink.writable_length());
    gauge("queued", "slow sink", world.outlet.sink.writable_length());
    if (world.milliseconds == 250) world.stop();
  });

  // What the two may differ by: a full queue, and what the kernel keeps for one of them.
  const std::size_t slack = plan.high_water_mark + plan.chunk + 8 * plan.kernel_buffer;
  const std::size_t slow = world.outlet.reader.received();
  trace::instant(
      "received",
      {.lane = "readers", .args = {{"fast", fast.reader.received()}, {"slow", slow}}});
  story.claim(
      "05.4", kPauses,
      pauses > 0 && least >= plan.high_water_mark &&
          fast.reader.received() <= slow + slack,
      "two sinks: {} pauses, none with less than {} queued in the fuller one; the "
      "fast reader got {}, the slow one {}: the slower sets the pace",
      pauses, size_text(least), size_text(fast.reader.received()), size_text(slow));
}

}  // namespace lab05
