// Our streams and Node's play the same scenes (labs/05_backpressure/node.mjs), and the
// lines must be equal. Where the two rightly differ, both are pinned.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/memory_streams.hpp"
#include "lab/os/process.hpp"
#include "support/places.hpp"

using namespace lab;
using Lines = std::map<std::string, std::string>;
using Log = std::vector<std::string>;

namespace {

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    const auto colon = line.find(": ");
    if (colon != std::string::npos) lines[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return lines;
}

std::string joined(const Log& log) {
  return fmt::format("{}", fmt::join(log, " > "));
}

std::vector<std::string> equal_chunks(std::size_t count, std::size_t size, bool fails) {
  std::vector<std::string> chunks(count, std::string(size, 'x'));
  if (fails) chunks.push_back(kFails);
  return chunks;
}

auto noted(Log& log, std::string what) {
  return [&log, what = std::move(what)](auto&&...) { log.push_back(what); };
}
void note_ends(Log& log, const std::string& name, Stream& stream) {
  stream.on_error(noted(log, name + ".error"));
  stream.on_close(noted(log, name + ".close"));
}

// Answers the sink's writes one after another; the write number `fails_at` fails.
void play_out(HandSink& sink, int fails_at = 0) {
  for (int i = 1; sink.pending(); ++i) {
    if (i == fails_at) {
      sink.answer(Error("sink", "boom"));
    } else {
      sink.answer();
    }
  }
}

std::string five_writes() {
  Ticks ticks;
  HandSink stuck(ticks, 10);
  Log log;
  for (int i = 0; i < 5; ++i) {
    const bool answer = stuck.write(Chunk("12345"));
    log.push_back(fmt::format("{} {}", answer, stuck.writable_length()));
  }
  return joined(log);
}

std::string synchronous_write() {
  Ticks ticks;
  HandSink quick(ticks, 1, true);
  Log log;
  quick.on_drain(noted(log, "drain"));
  ticks.run([&] {
    log.push_back(fmt::format("{}", quick.write(Chunk("12345"))));
    log.push_back("caller goes on");
  });
  return joined(log);
}

std::string write_and_end() {
  Ticks ticks;
  HandSink last(ticks, 5);
  Log log;
  last.on_drain(noted(log, "sink.drain"));
  last.on_finish(noted(log, "sink.finish"));
  note_ends(log, "sink", last);
  ticks.run([&] {
    log.push_back(fmt::format("{}", last.write(Chunk("12345"))));
    last.end();
  });
  play_out(last);
  return joined(log);
}

std::string write_after_end() {
  Ticks ticks;
  HandSink ended(ticks, 10);
  Log log;
  ended.on_finish(noted(log, "sink.finish"));
  note_ends(log, "sink", ended);
  ticks.run([&] {
    ended.end();
    log.push_back(fmt::format("{}", ended.write(Chunk("12345"))));
  });
  return joined(log);
}

std::string pause_in_data() {
  Ticks ticks;
  ListSource source(ticks, equal_chunks(3, 4, false), 4);
  Log log;
  source.on_pause(noted(log, "source.pause"));
  source.on_resume(noted(log, "source.resume"));
  source.on_end(noted(log, "source.end"));
  note_ends(log, "source", source);
  ticks.run([&] {
    source.on_data([&](const Chunk&) {
      log.push_back("data");
      if (log.size() == 2) source.pause();
    });
  });
  ticks.run([&] {
    log.push_back("later");
    source.resume();
  });
  return joined(log);
}

void by_hand(Readable& source, Writable& sink) {
  source.on_data([&](const Chunk& chunk) {
    if (!sink.write(chunk)) source.pause();
  });
  sink.on_drain([&] { source.resume(); });
  source.on_end([&] { sink.end(); });
}

std::string transfer(std::size_t chunks, void (*carry)(Readable&, Writable&)) {
  Ticks ticks;
  ListSource source(ticks, equal_chunks(chunks, 64 << 10, false), 64 << 10);
  HandSink sink(ticks, 256 << 10);
  int pauses = 0, drains = 0, resumes = 0;
  std::size_t peak = 0, least = ~std::size_t{0};
  ticks.run([&] {
    carry(source, sink);
    source.on_data([&](const Chunk&) { peak = std::max(peak, sink.writable_length()); });
    source.on_pause([&] {
      if (source.ended()) return;  // as the twin: pipe has let go of its last sink
      ++pauses;
      least = std::min(least, sink.writable_length());
    });
    source.on_resume([&] { ++resumes; });
    sink.on_drain([&] { ++drains; });
  });
  play_out(sink);
  return fmt::format("pauses {} > drains {} > resumes {} > peak {} > least at a pause {}",
                     pauses, drains, resumes, peak, least);
}

std::string pauses_after_the_end() {
  Ticks ticks;
  ListSource source(ticks, equal_chunks(5, 4, false), 4);
  HandSink sink(ticks, 16);
  int late = 0;
  source.on_pause([&] { late += source.ended(); });
  ticks.run([&] { pipe(source, sink); });
  play_out(sink);
  return std::to_string(late);
}

std::string three_stages(bool with_pipeline, const std::string& fails) {
  Ticks ticks;
  Log log;
  int steps = 0;
  ListSource source(ticks, equal_chunks(fails == "source" ? 2 : 6, 4, fails == "source"),
                    4);
  Mapper stage(ticks, 4, [&](const Chunk& chunk) -> std::variant<Chunk, Error> {
    if (fails == "stage" && ++steps == 3) return Error("stage", "boom");
    return chunk;
  });
  HandSink sink(ticks, 4);
  source.on_end(noted(log, "source.end"));
  note_ends(log, "source", source);
  stage.on_end(noted(log, "stage.end"));
  stage.on_finish(noted(log, "stage.finish"));
  note_ends(log, "stage", stage);
  sink.on_finish(noted(log, "sink.finish"));
  note_ends(log, "sink", sink);
  ticks.run([&] {
    if (with_pipeline) {
      return pipeline(source, {&stage}, sink, [&](std::optional<Error> error) {
        log.push_back(error ? "failed" : "done");
      });
    }
    pipe(source, stage);
    pipe(stage, sink);
  });
  play_out(sink, fails == "sink" ? 3 : 0);
  log.push_back(fmt::format("destroyed {} {} {}", source.destroyed(), stage.destroyed(),
                            sink.destroyed()));
  return joined(log);
}

std::string two_sinks() {
  Ticks ticks;
  ListSource source(ticks, equal_chunks(40, 5, false), 5);
  HandSink quick(ticks, 5, true), slow(ticks, 5);
  std::size_t apart = 0;
  const auto measure = [&] {
    apart = std::max(apart, quick.received.size() - slow.received.size());
  };
  ticks.run([&] {
    pipe(source, quick);
    source.on_data([&](const Chunk&) { measure(); });  // between the two
    pipe(source, slow);
  });
  play_out(slow);
  return fmt::format("quick {} > slow {} > apart {}", quick.received.size(),
                     slow.received.size(), apart);
}

class NodeStreams : public testing::Test {
 protected:
  static constexpr std::size_t kChunks = 127;

  void SetUp() override {
    bool has_node = false;
    try {
      has_node = lab::Child::run({"node", "--version"}).wait().ok();
    } catch (const lab::Error&) {
    }
    if (!has_node && std::getenv("CI")) FAIL() << "CI must have node";
    if (!has_node) GTEST_SKIP() << "node is not installed";
    lab::Child twin =
        lab::Child::run({"node", lab::test::source("labs/05_backpressure/node.mjs"),
                         std::to_string(kChunks)});
    const lab::Exit& exit = twin.wait();
    ASSERT_TRUE(exit.ok()) << exit.err;
    node_ = lines_of(exit.out);
  }

  Lines node_;
};

TEST_F(NodeStreams, PlayEverySceneAsOursDo) {
  Lines ours{
      {"five writes", five_writes()},
      {"a synchronous write", synchronous_write()},
      {"write and end", write_and_end()},
      {"write after end", write_after_end()},
      {"pause in data", pause_in_data()},
      {"transfer by hand", transfer(kChunks, by_hand)},
      {"transfer pipe", transfer(kChunks, pipe)},
      {"transfer pipeline", transfer(kChunks,
                                     [](Readable& source, Writable& sink) {
                                       pipeline(source, {}, sink, [](auto&&) {});
                                     })},
      {"two sinks", two_sinks()},
      {"pauses after the end", pauses_after_the_end()},
  };
  for (const std::string how : {"pipe", "pipeline"}) {
    for (const std::string fails : {"none", "source", "stage", "sink"}) {
      ours[how + ", " + fails + " fails"] = three_stages(how == "pipeline", fails);
    }
  }
  for (const auto& [name, line] : ours) EXPECT_EQ(node_[name], line) << name;
  EXPECT_EQ(node_.size(), ours.size() + 1);  // that of the test below
}

TEST_F(NodeStreams, HaveADefaultMarkThatGrewInNode22) {
  const std::string version = lab::Child::run({"node", "--version"}).wait().out;
  const int major = std::stoi(version.substr(1));
  EXPECT_EQ(node_["default mark"], major < 22 ? "16384" : "65536");
}

// The lab itself, over a real socket, counts as Node does in memory.
TEST_F(NodeStreams, AreCountedByTheLabAsByNode) {
  lab::Child child =
      lab::Child::run({lab::test::built("labs/05_backpressure"), "--quick", "--json"},
                      {.deadline = std::chrono::seconds(50)});
  const lab::Exit& lab = child.wait();
  ASSERT_TRUE(lab.ok()) << lab.err;
  Log writes;
  std::map<std::string, std::vector<std::string>> transfers;
  std::istringstream stream(lab.out);
  for (std::string line; std::getline(stream, line);) {
    const auto event = nlohmann::json::parse(line);
    const auto& args = event.at("args");
    if (event.at("name") == "write") {
      writes.push_back(fmt::format("{} {}", args.at("answer").get<bool>(),
                                   args.at("length").get<int>()));
    }
    if (args.value("title", "") != "What is done when write() returns false") continue;
    for (const auto& row : args.at("rows")) {
      transfers[row.at(0)] = row.get<std::vector<std::string>>();
    }
  }
  EXPECT_EQ(joined(writes), node_["five writes"]);
  for (const std::string way : {"by hand", "pipe", "pipeline"}) {
    const auto& row =
        transfers[way];  // way, chunks, false, pauses, drains, resumes, peak
    ASSERT_GE(row.size(), 7u) << way;
    EXPECT_EQ(row[1], std::to_string(kChunks));
    EXPECT_EQ(row[6], "256 KiB");
    EXPECT_EQ(fmt::format("pauses {} > drains {} > resumes {} > peak {} > least at a "
                          "pause {}",
                          row[3], row[4], row[5], 256 << 10, 256 << 10),
              node_["transfer " + way]);
  }
}

}  // namespace
