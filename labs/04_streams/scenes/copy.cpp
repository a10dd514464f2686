#include <zlib.h>

#include <fstream>
#include <random>
#include <sstream>

#include "lab/core/text.hpp"
#include "lab/os/proc.hpp"
#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"
#include "lab/stream/file.hpp"
#include "lab/stream/pipe.hpp"
#include "scenes/scenes.hpp"

namespace lab04 {

namespace fs = std::filesystem;
namespace trace = lab::trace;
using lab::Chunk;

namespace {

// What a copier reports of its work, in one line.
struct Copied {
  std::size_t chunks = 0;
  std::size_t bytes = 0;
  std::size_t largest = 0;
  std::size_t peak = 0;  // of its memory
  unsigned long crc = 0;
  std::string error = "-";
};

unsigned long crc_of(unsigned long so_far, std::string_view bytes) {
  return crc32_z(so_far, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

void show(std::string_view way, std::size_t bytes) {
  trace::counter("copied", static_cast<double>(bytes),
                 {.lane = way, .args = {{"unit", "bytes"}}});
  trace::counter("resident", static_cast<double>(lab::resident_bytes()),
                 {.lane = way, .args = {{"unit", "bytes"}}});
}

// Step 1: a source, a sink, and the pipeline between them. Whatever the file's size, memory
// holds one chunk of the source and what the sink's high-water mark allows.
Copied by_chunks(const fs::path& from, const fs::path& to, std::size_t chunk) {
  Copied seen;
  lab::uv::Loop loop;
  lab::Ticks ticks;
  lab::FileSource source(ticks, loop, from, chunk);
  lab::FileSink sink(ticks, loop, to);
  ticks.run([&] {
    source.on_data([&](const Chunk& piece) {
      if (seen.chunks++ % 64 == 0) show("in chunks", seen.bytes);
      seen.bytes += piece.size();
      seen.largest = std::max(seen.largest, piece.size());
      seen.crc = crc_of(seen.crc, piece.view());
    });
    pipeline(source, {}, sink, [&](std::optional<lab::Error> error) {
      if (error) seen.error = error->what();
    });
  });
  loop.run();
  return seen;
}

// Step 2: the control, which is what readFile does: read everything, then write everything.
Copied as_a_whole(const fs::path& from, const fs::path& to) {
  std::string whole, block(kMiB, '\0');
  whole.reserve(fs::file_size(from));
  std::ifstream in(from, std::ios::binary);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) ||
         in.gcount() > 0) {
    whole.append(block, 0, static_cast<std::size_t>(in.gcount()));
    if (whole.size() % (4 * kMiB) == 0) show("as a whole", whole.size());
  }
  std::ofstream(to, std::ios::binary) << whole;
  return {.chunks = 1,
          .bytes = whole.size(),
          .largest = whole.size(),
          .crc = crc_of(0, whole)};
}

void report(const Copied& seen) {
  fmt::print("{} {} {} {} {} {}\n", seen.chunks, seen.bytes, seen.largest,
             lab::peak_resident_bytes(), seen.crc, seen.error);
}

Copied reported(const lab::Exit& exit) {
  Copied seen;
  std::istringstream line(exit.out);
  if (!exit.ok() ||
      !(line >> seen.chunks >> seen.bytes >> seen.largest >> seen.peak >> seen.crc &&
        std::getline(line >> std::ws, seen.error)))
    seen.error = "the copier failed: " + exit.err;
  return seen;
}

// In a child of its own, so that its memory is its own.
Copied copied(const char* way, const fs::path& from, const fs::path& to,
              std::size_t chunk) {
  // A sanitizer must not keep what was freed; without one, this says nothing.
  const std::string keep_nothing =
      "quarantine_size_mb=0:thread_local_quarantine_size_kb=0";
  return reported(lab::Child::role("copier", {way, from, to, std::to_string(chunk)},
                                   {.deadline = std::chrono::seconds(120),
                                    .env = {{"ASAN_OPTIONS", keep_nothing}}})
                      .wait());
}

// No two of its blocks are equal, so that a block lost or doubled cannot hide.
unsigned long make_file(const fs::path& path, std::size_t size) {
  std::ofstream out(path, std::ios::binary);
  std::mt19937_64 random(4);
  std::string block(kMiB, '\0');
  for (char& byte : block) byte = static_cast<char>(random());
  unsigned long crc = 0;
  for (std::size_t at = 0; at < size; at += block.size()) {
    for (std::size_t page = 0; page < block.size(); page += 4096)
      block.replace(page, 16, fmt::format("{:016}", at + page));
    out << block;
    crc = crc_of(crc, block);
  }
  return crc;
}

bool same_bytes(const fs::path& left, const fs::path& right) {
  if (fs::file_size(left) != fs::file_size(right)) return false;
  std::ifstream a(left, std::ios::binary), b(right, std::ios::binary);
  std::string one(kMiB, '\0'), other(kMiB, '\0');
  while (a && b) {
    a.read(one.data(), static_cast<std::streamsize>(one.size()));
    b.read(other.data(), static_cast<std::streamsize>(other.size()));
    if (a.gcount() != b.gcount() || one != other) return false;
  }
  return true;
}

// The control: a source that reads into one buffer again and again, and hands out views of
// it. Whoever keeps them, as the queue of a slow sink does, finds the last chunk in all.
unsigned long crc_of_views(const fs::path& path, std::size_t chunk, std::size_t& count) {
  std::ifstream in(path, std::ios::binary);
  std::string buffer(chunk, '\0');
  std::vector<std::string_view> queue;
  unsigned long crc = 0;
  const auto write_queued = [&] {
    for (const std::string_view view : queue) crc = crc_of(crc, view);
    queue.clear();
  };
  while (in.read(buffer.data(), static_cast<std::streamsize>(chunk)) || in.gcount() > 0) {
    queue.emplace_back(buffer.data(), static_cast<std::size_t>(in.gcount()));
    ++count;
    if (queue.size() == 4) write_queued();
  }
  write_queued();
  return crc;
}

// The same file, copied both ways; and what the control of 04.1 makes of it.
struct Copies {
  Copied idle, streamed, slurped;
  bool streamed_is_equal = false;
  bool slurped_is_equal = false;
  unsigned long crc = 0;  // of the file
  std::size_t views = 0;
  unsigned long crc_views = 0;
};

Copies copies_of(std::size_t size, std::size_t chunk) {
  const fs::path from = lab::run_dir() / "large", to = lab::run_dir() / "copy";
  Copies all;
  all.crc = make_file(from, size);
  all.idle = copied("nothing", from, to, chunk);
  all.streamed = copied("in chunks", from, to, chunk);
  all.streamed_is_equal = all.streamed.error == "-" && same_bytes(from, to);
  fs::remove(to);
  all.slurped = copied("as a whole", from, to, chunk);
  all.slurped_is_equal = all.slurped.error == "-" && same_bytes(from, to);
  fs::remove(to);
  all.crc_views = crc_of_views(from, chunk, all.views);
  fs::remove(from);
  return all;
}

void tabulate(Story& story, const Copies& all) {
  const auto row = [&](const char* way, const Copied& seen) {
    if (seen.error != "-") story.say("{}: {}", way, seen.error);
    return std::vector{std::string(way), std::to_string(seen.chunks),
                       lab::text::bytes(seen.largest), lab::text::bytes(seen.peak)};
  };
  story.table({.title = "Memory of a copy",
               .columns = {"way", "chunks", "largest chunk", "peak memory"},
               .rows = {row("does nothing", all.idle), row("in chunks", all.streamed),
                        row("as a whole", all.slurped)}});
}

}  // namespace

int copier(std::span<const std::string> args) {
  const std::string& way = args[0];
  if (way == "nothing") return report({}), 0;
  report(way == "in chunks" ? by_chunks(args[1], args[2], std::stoul(args[3]))
                            : as_a_whole(args[1], args[2]));
  return 0;
}

void copy(Story& story, const Knobs& knobs) {
  const auto asked = static_cast<std::size_t>(*knobs.size) * kMiB;
  const std::size_t size = story.quick() ? std::min(asked, 64 * kMiB) : asked;
  const std::size_t chunk = *knobs.chunk;
  story.say(
      "Two child processes copy a file of {}, one in chunks and one as a whole. A third "
      "does nothing. Compare the peak memory of the three.",
      lab::text::bytes(size));
  story.picture(lab::Picture::bars, {"Memory of a copy"});
  const Copies all = copies_of(size, chunk);
  const auto& [idle, streamed, slurped, streamed_is_equal, slurped_is_equal, crc, views,
               crc_views] = all;
  tabulate(story, all);

  const std::size_t expected = (size + chunk - 1) / chunk;
  story.claim("04.1",
              streamed_is_equal && streamed.crc == crc && streamed.bytes == size &&
                  streamed.chunks == expected && streamed.largest == chunk &&
                  views == expected && crc_views != crc,
              "{} chunks of at most {} added up to {}, and the copy equals the file. "
              "Control: {} chunks read into one reused buffer gave a wrong checksum",
              streamed.chunks, lab::text::bytes(streamed.largest),
              lab::text::bytes(streamed.bytes), views);
  constexpr std::size_t kBound = 20 * kMiB;
  story.claim("04.2",
              slurped_is_equal && streamed.peak < idle.peak + kBound &&
                  slurped.peak >= idle.peak + size && kBound < size,
              "the copy in chunks peaked at {} of memory, the copy as a whole at {}, and "
              "the child that did nothing at {}",
              lab::text::bytes(streamed.peak), lab::text::bytes(slurped.peak),
              lab::text::bytes(idle.peak));
  story.nuance("04.2",
               "A stream bounds what is in flight, not what you keep. A listener that "
               "appends every chunk to a string has loaded the whole file after all.");
  story.takeaway("A stream needs memory for a chunk or two, whatever the file's size.");
}

}  // namespace lab04
