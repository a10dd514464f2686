#include <fmt/ranges.h>

#include "scenes/scenes.hpp"
#include "streams.hpp"
#include "world/programs.hpp"

namespace lab04 {

namespace {

struct Passed {
  std::string out;
  std::string error = "none";
  std::size_t chunks = 0;
};

// Everything that comes out of a stage when `input` goes in, 1,000 bytes at a time.
template <class Stage>
Passed pass(std::string_view input) {
  Passed passed;
  Ticks ticks;
  Stage stage(ticks);
  stage.on_data([&](const Chunk& chunk) {
    passed.out += chunk.view();
    ++passed.chunks;
  });
  stage.on_error([&](const Error& error) { passed.error = error.what(); });
  for (std::size_t at = 0; at < input.size(); at += 1000)
    ticks.run([&] { (void)stage.write(Chunk(std::string(input.substr(at, 1000)))); });
  ticks.run([&] { stage.end(); });
  return passed;
}

}  // namespace

// Step 6: the same stage is a destination for the stage before it and a source for the stage
// after it. So stages can be put in a row.
void transform(Story& story, const Knobs&) {
  story.say(
      "A text goes through gzip, and the output goes through gunzip. The result should "
      "be the same text, byte for byte.");
  story.picture(lab::Picture::bars, {"Through the stages"});
  std::string text;
  while (text.size() < 700'000) text += "the quick brown fox jumps over the lazy dog. ";
  text.resize(700'000);
  std::string other = text;
  other[350'000] ^= 1;

  const Passed packed = pass<Gzip>(text);
  const Passed back = pass<Gunzip>(packed.out);
  const Passed cut = pass<Gunzip>(packed.out.substr(0, packed.out.size() - 10));
  const Passed of_other = pass<Gzip>(other);
  story.table(
      {.title = "Through the stages",
       .columns = {"after", "chunks", "bytes"},
       .rows = {
           {"the source", "700", std::to_string(text.size())},
           {"gzip", std::to_string(packed.chunks), std::to_string(packed.out.size())},
           {"gunzip", std::to_string(back.chunks), std::to_string(back.out.size())}}});
  story.claim(
      "04.6",
      packed.out.size() != text.size() && back.out == text && back.error == "none" &&
          of_other.out != packed.out && cut.error == "gunzip: unexpected end of file",
      "{} bytes became {}, and gunzip gave the same {} back; one changed bit changed the "
      "output. Control: with the last 10 bytes cut off, gunzip failed ({})",
      text.size(), packed.out.size(), back.out.size(), cut.error);
  story.takeaway("A Transform computes its output from its input, chunk by chunk.");
}

namespace {

// Takes objects, and says when; so its queue can be looked at.
class Slow : public lab::Writable {
 public:
  explicit Slow(Ticks& ticks) : Stream(ticks), Writable(ticks, 2, lab::Unit::objects) {}

 private:
  void write_chunk(Chunk, lab::Done) override {}
};

}  // namespace

// In object mode each chunk counts as one, whatever its size. So the high-water mark
// is a count, and says nothing about memory.
void objects(Story& story, const Knobs&) {
  story.say(
      "A stream cuts bytes into lines, which are objects. Then three lines, one of them "
      "a million bytes long, go into a queue with a high-water mark of 2.");
  story.picture(lab::Picture::tank, {"sink queued", "sink high-water mark"});
  Ticks ticks;
  Lines lines(ticks);
  std::vector<std::string> read;
  lines.on_data([&](const Chunk& chunk) {
    const Line& line = *chunk.as<Line>();
    read.push_back(fmt::format("{}:{}", line.number, line.text));
  });
  for (const char* piece : {"one\ntw", "o\nth", "ree"})
    ticks.run([&] { (void)lines.write(Chunk(piece)); });
  ticks.run([&] { lines.end(); });

  Slow slow(ticks);
  lab::trace::counter("high-water mark", 2,
                      {.lane = "sink", .args = {{"unit", "objects"}}});
  std::vector<std::string> answers;
  for (const std::size_t size : {1, 1'000'000, 1}) {
    const bool answer = slow.write(Chunk::object(Line{1, std::string(size, 'x')}));
    lab::trace::counter("queued", static_cast<double>(slow.writable_length()),
                        {.lane = "sink", .args = {{"unit", "objects"}}});
    answers.push_back(answer ? "true" : "false");
  }
  story.table({.title = "Objects",
               .columns = {"what", "seen"},
               .rows = {{"three chunks of bytes, as lines",
                         fmt::format("{}", fmt::join(read, " > "))},
                        {"a mark of 2: three writes return",
                         fmt::format("{}", fmt::join(answers, " > "))},
                        {"its length then", std::to_string(slow.writable_length())}}});
  story.takeaway("In object mode the high-water mark counts objects, not bytes.");
}

namespace {

// As the picture says it: the programs' logs are short.
std::string spelled_out(std::string_view event) {
  if (event == "a" || event == "b") return fmt::format("data {}", event);
  if (event == "true" || event == "false") return fmt::format("write() is {}", event);
  if (event == "sync") return "the code has run";
  if (event == "tick") return "a later tick";
  return std::string(event);
}

}  // namespace

void node(Story& story, const Knobs&) {
  story.say(
      "Small programs with streams log the order of their events. node.mjs plays the "
      "same programs in Node, and a test compares the orders.");
  story.picture(lab::Picture::sequence, {"now", "later", "half-open", "destroyed"});
  lab::Table pass_through{"Through a PassThrough", {"", "order"}, {}};
  lab::Table others{"Node plays these too", {"program", "order"}, {}};
  for (const auto& [name, play] : programs()) {
    const auto emit = [name = name](std::string_view event) {
      lab::trace::instant(spelled_out(event), {.lane = name});
    };
    lab::Table& table = pass_through.rows.size() < 2 ? pass_through : others;
    table.rows.push_back({name, play(emit)});
  }
  story.table(pass_through);
  story.table(others);
  story.takeaway(
      "`end` means that everything has been read. `finish` means that everything has "
      "been written. `close` comes last.");
}

}  // namespace lab04
