#include "world/programs.hpp"

#include "lab/stream/pipe.hpp"

namespace lab04 {

namespace {

using namespace lab;

const char* yes(bool truth) {
  return truth ? "true" : "false";
}

// Pushes its words when it is asked, one for each time, and then its end.
class Words : public Readable {
 public:
  Words(Ticks& ticks, std::vector<std::string> words, Unit unit = Unit::bytes)
      : Stream(ticks),
        Readable(ticks, unit == Unit::bytes ? 1 : 16, unit),
        words_(words.begin(), words.end()),
        unit_(unit) {}
  using Readable::push;
  using Readable::push_end;
  bool answers = true;

 private:
  void read_more() override {
    if (!answers) return;
    if (words_.empty()) return push_end();
    const std::string word = words_.front();
    words_.pop_front();
    push(unit_ == Unit::bytes ? Chunk(word) : Chunk::object(word));
  }
  std::deque<std::string> words_;
  Unit unit_;
};

// Writes at once, or when it is told to.
class Sink : public Writable {
 public:
  Sink(Ticks& ticks, std::size_t mark, bool at_once, Unit unit = Unit::bytes)
      : Stream(ticks), Writable(ticks, mark, unit), at_once_(at_once) {}
  void answer() {
    if (const Done done = std::exchange(pending_, nullptr)) done({});
  }

 private:
  void write_chunk(Chunk, Done done) override {
    if (at_once_) return done({});
    pending_ = std::move(done);
  }
  bool at_once_;
  Done pending_;
};

// Two halves that have nothing to do with one another.
class Halves : public Duplex {
 public:
  Halves(Ticks& ticks, bool allow_half_open)
      : Stream(ticks), Duplex(ticks, 16, {.allow_half_open = allow_half_open}) {}
  using Readable::push_end;

 private:
  void read_more() override {}
  void write_chunk(Chunk, Done done) override { done({}); }
};

// Write, end, and only then the callbacks: but a chunk that is written to a
// flowing PassThrough comes out of it inside `write` itself.
std::string pass_through(const Emit& emit) {
  Ticks ticks;
  Log log(emit);
  PassThrough stage(ticks, 16);
  ticks.run([&] {
    log.says_all(stage);
    log.add(yes(stage.write(Chunk("a"))));
    (void)stage.write(Chunk("b"));
    stage.end();
    log.add("sync");
    ticks.defer(log.says("tick"));
  });
  return log.text();
}

std::string not_yet_flowing(const Emit& emit) {
  Ticks ticks;
  Log log(emit);
  PassThrough stage(ticks, 16);
  ticks.run([&] {
    const int id = stage.on_readable([] {});
    log.says_all(stage);
    stage.off_readable(id);
    log.add(yes(stage.write(Chunk("a"))));
    (void)stage.write(Chunk("b"));
    stage.end();
    log.add("sync");
    ticks.defer(log.says("tick"));
  });
  return log.text();
}

std::string late_listener(const Emit& emit) {
  Ticks ticks;
  Log log(emit);
  Words source(ticks, {});
  source.answers = false;
  ticks.run([&] { source.push(Chunk("early")); });
  ticks.run([&] {
    log.add("later");
    log.says_data(source);
  });
  return log.text();
}

std::string after_resume(const Emit& emit) {
  Ticks ticks;
  Log log(emit);
  Words source(ticks, {});
  source.answers = false;
  ticks.run([&] {
    source.push(Chunk("early"));
    source.resume();
  });
  ticks.run([&] {
    log.says_data(source);
    source.push(Chunk("late"));
  });
  return log.text();
}

std::string pause_in_data(const Emit& emit) {
  Ticks ticks;
  Log log(emit);
  Words source(ticks, {"x", "y"});
  ticks.run([&] {
    source.on_data([&](const Chunk& chunk) {
      log.add(chunk.view());
      if (chunk.view() != "x") return;
      source.pause();
      log.add("paused");
    });
    log.says_ends(source);
    log.add("listening");
  });
  ticks.run([&] {
    log.add("resume");
    source.resume();
  });
  return log.text();
}

std::string reads_when_readable(const Emit& emit) {
  Ticks ticks;
  Log log(emit);
  Words source(ticks, {"ab", "cd"});
  source.on_readable([&] {
    log.add("readable");
    while (const auto chunk = source.read()) log.add(chunk->view());
    log.add("null");
  });
  log.says_ends(source);
  log.says_close(source);
  ticks.run([] {});
  ticks.run([] {});
  return log.text();
}

std::string end_after_write(const Emit& emit) {
  Ticks ticks;
  Log log(emit);
  Sink sink(ticks, 16, true);
  ticks.run([&] {
    log.says_ends(sink);
    log.says_close(sink);
    (void)sink.write(Chunk("a"));
    ticks.defer(log.says("tick"));
    sink.end();
    log.add("sync");
  });
  return log.text();
}

std::string mark_of_two_objects(const Emit& emit) {
  Ticks ticks;
  Log log(emit);
  Sink sink(ticks, 2, false, Unit::objects);
  for (int i = 0; i < 3; ++i) {
    const bool answer = sink.write(Chunk::object(std::string(100, 'x')));
    log.add(fmt::format("{} {}", yes(answer), sink.writable_length()));
  }
  return log.text();
}

std::string halves(const Emit& emit, bool allow_half_open) {
  Ticks ticks;
  Log log(emit);
  Halves both(ticks, allow_half_open);
  ticks.run([&] {
    log.says_all(both);
    both.push_end();
    log.add("sync");
  });
  log.add("later");
  if (allow_half_open) ticks.run([&] { both.end(); });
  return log.text();
}
std::string half_open(const Emit& emit) {
  return halves(emit, true);
}
std::string no_half_open(const Emit& emit) {
  return halves(emit, false);
}

std::string destroyed(const Emit& emit) {
  Ticks ticks;
  Log log(emit);
  Sink sink(ticks, 16, false);
  ticks.run([&] {
    log.says_ends(sink);
    log.says_close(sink);
    (void)sink.write(Chunk("a"));
    sink.end();
    sink.destroy(Error("sink", "boom"));
    sink.destroy(Error("sink", "again"));
    log.add("sync");
  });
  ticks.run([&] { sink.answer(); });
  return log.text();
}

std::string push_after_end(const Emit& emit) {
  Ticks ticks;
  Log log(emit);
  Words source(ticks, {});
  source.answers = false;
  ticks.run([&] {
    log.says_data(source);
    log.says_ends(source);
    log.says_close(source);
    source.push(Chunk("a"));
  });
  ticks.run([&] {
    source.push_end();
    log.add(yes(source.push(Chunk("b"))));
  });
  return log.text();
}

std::string split_character(const Emit& emit) {
  Ticks ticks;
  Log log(emit);
  Words source(ticks, {});
  source.answers = false;
  source.set_encoding_utf8();
  log.says_data(source);
  for (const char* part : {"\xe2", "\x82", "\xac", "\xf0\x9f"})
    ticks.run([&] { source.push(Chunk(part)); });
  ticks.run([&] { source.push_end(); });
  return log.text();
}

std::string in_a_pipeline(const Emit& emit) {
  Ticks ticks;
  Log log(emit);
  Words source(ticks, {"a", "b"});
  PassThrough stage(ticks, 16);
  Sink sink(ticks, 16, true);
  ticks.run([&] {
    source.on_close(log.says("A close"));
    stage.on_close(log.says("B close"));
    sink.on_finish(log.says("C finish"));
    sink.on_close(log.says("C close"));
    pipeline(source, {&stage}, sink,
             [&](std::optional<Error> error) { log.add(error ? "failed" : "done"); });
  });
  return log.text();
}

}  // namespace

const std::vector<StreamProgram>& programs() {
  static const std::vector<StreamProgram> all{{"now", pass_through},
                                              {"later", not_yet_flowing},
                                              {"late listener", late_listener},
                                              {"after resume", after_resume},
                                              {"pause in data", pause_in_data},
                                              {"read()", reads_when_readable},
                                              {"write, end", end_after_write},
                                              {"two objects", mark_of_two_objects},
                                              {"half-open", half_open},
                                              {"no half-open", no_half_open},
                                              {"destroyed", destroyed},
                                              {"end, push", push_after_end},
                                              {"split in 4", split_character},
                                              {"A | B | C", in_a_pipeline}};
  return all;
}

}  // namespace lab04
