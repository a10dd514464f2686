#include <fmt/ranges.h>

#include "gzip.hpp"
#include "lines.hpp"
#include "scenes.hpp"

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

// Step 6: the same stage is a sink for what comes before it, and a source for what comes
// behind. So stages can be put in a row.
void transform(Story& story) {
  std::string text;
  while (text.size() < 700'000) text += "the quick brown fox jumps over the lazy dog. ";
  text.resize(700'000);
  std::string other = text;
  other[350'000] ^= 1;

  const Passed packed = pass<Gzip>(text);
  const Passed back = pass<Gunzip>(packed.out);
  const Passed cut = pass<Gunzip>(packed.out.substr(0, packed.out.size() - 10));
  const Passed of_other = pass<Gzip>(other);
  const auto bar = [&](std::size_t bytes) {
    return std::string(1 + 39 * bytes / text.size(), '#');
  };
  story.table({.title = "Through the stages",
               .columns = {"", "bytes", "chunks", "of the text"},
               .rows = {{"text", std::to_string(text.size()), "700", bar(text.size())},
                        {"gzip", std::to_string(packed.out.size()),
                         std::to_string(packed.chunks), bar(packed.out.size())},
                        {"gunzip", std::to_string(back.out.size()),
                         std::to_string(back.chunks), bar(back.out.size())}}});
  story.claim(
      "04.6", "A Transform is a duplex whose output comes from its input, like gzip",
      packed.out.size() != text.size() && back.out == text && back.error == "none" &&
          of_other.out != packed.out && cut.error == "gunzip: unexpected end of file",
      "{} bytes become {}, and {} again, equal; one bit changed: another output; "
      "cut off by 10 bytes: {}",
      text.size(), packed.out.size(), back.out.size(), cut.error);
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

// Step 9: in object mode a chunk counts as one, whatever it is; so the mark is a count, and
// says nothing about memory.
void objects(Story& story) {
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
  std::vector<std::string> answers;
  for (const std::size_t size : {1, 1'000'000, 1}) {
    const bool answer = slow.write(Chunk::object(Line{1, std::string(size, 'x')}));
    answers.push_back(answer ? "true" : "false");
  }
  story.table({.title = "Objects",
               .columns = {"what", "seen"},
               .rows = {{"three chunks of bytes, as lines",
                         fmt::format("{}", fmt::join(read, " > "))},
                        {"a mark of 2: three writes answer",
                         fmt::format("{}", fmt::join(answers, " > "))},
                        {"its length then", std::to_string(slow.writable_length())}}});
  story.say("One of the three was a million bytes long. The mark did not see it.");
}

void text(Story& story) {
  const std::string euro = "\xe2\x82\xac";
  const auto cut_at = [&](std::size_t at) {
    Ticks ticks;
    lab::PassThrough source(ticks, 16);
    source.set_encoding_utf8();
    std::vector<std::string> came;
    source.on_data([&](const Chunk& chunk) { came.emplace_back(chunk.view()); });
    ticks.run([&] { (void)source.write(Chunk("5 " + euro.substr(0, at))); });
    ticks.run([&] { (void)source.write(Chunk(euro.substr(at))); });
    ticks.run([&] { source.end(); });
    return fmt::format("{}", fmt::join(came, "|"));
  };
  const auto each_alone = [&](std::size_t at) {
    std::vector<std::string> came;
    for (const std::string& part : {"5 " + euro.substr(0, at), euro.substr(at)}) {
      lab::Utf8Decoder decoder;
      came.push_back(decoder.decode(part));
      came.back() += decoder.end();
    }
    return fmt::format("{}", fmt::join(came, "|"));
  };
  story.say("A file cut into chunks is cut between bytes. The euro sign has three.");
  story.table({.title = "Text",
               .columns = {"cut after", "chunk by chunk", "set_encoding_utf8"},
               .rows = {{"1 byte", each_alone(1), cut_at(1)},
                        {"2 bytes", each_alone(2), cut_at(2)}}});
}

}  // namespace lab04
