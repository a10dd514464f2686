#include <fmt/ranges.h>

#include <fstream>

#include "gzip.hpp"
#include "lab/run_dir.hpp"
#include "lab/stream/file.hpp"
#include "lab/stream/pipe.hpp"
#include "lab/stream/socket.hpp"
#include "scenes.hpp"

namespace lab04 {

namespace fs = std::filesystem;
namespace trace = lab::trace;
using lab::Readable;
using lab::Writable;

// The kinds, as the compiler sees them; the scenes show that they behave so, too.
static_assert(std::derived_from<lab::FileSource, Readable>);
static_assert(std::derived_from<lab::FileSink, Writable>);
static_assert(std::derived_from<lab::Duplex, Readable>);
static_assert(std::derived_from<lab::Duplex, Writable>);
static_assert(std::derived_from<lab::Socket, lab::Duplex>);
static_assert(std::derived_from<lab::Transform, lab::Duplex>);
static_assert(std::derived_from<Gzip, lab::Transform>);
static_assert(!std::derived_from<lab::FileSource, Writable>);  // the controls
static_assert(!std::derived_from<lab::FileSink, Readable>);
static_assert(!std::derived_from<lab::Socket, lab::Transform>);

namespace {

using Log = std::vector<std::string>;

std::string joined(const Log& log) {
  return fmt::format("{}", fmt::join(log, " > "));
}

// A source whose read_more() does nothing: what comes, and when, is said from outside.
class Pushed : public Readable {
 public:
  explicit Pushed(Ticks& ticks) : Stream(ticks), Readable(ticks, 16) {}
  using Readable::push;
  using Readable::push_end;

 private:
  void read_more() override {}
};

struct Emitted {
  Log log;
  std::size_t bytes = 0;
  std::size_t before_listening = 0;
  std::size_t while_paused = 0;
};

// Step 3: a source starts paused: it is not even opened before somebody wants its data.
Emitted read_file(const fs::path& path) {
  Emitted seen;
  lab::uv::Loop loop;
  Ticks ticks;
  lab::FileSource source(ticks, loop, path);
  lab::uv::Timer later(loop);
  loop.run();  // nothing to do: nobody has asked
  seen.before_listening = source.readable_length();
  const auto go_on = [&] {
    seen.while_paused = seen.bytes;
    seen.log.push_back("resume");
    source.resume();
  };
  ticks.run([&] {
    source.on_data([&](const Chunk& chunk) {
      trace::instant("data", {.lane = "source", .args = {{"bytes", chunk.size()}}});
      seen.bytes += chunk.size();
      seen.log.push_back("data");
      if (seen.log.size() != 1) return;
      source.pause();
      later.start(std::chrono::milliseconds(5), [&] { ticks.run(go_on); });
    });
    source.on_end([&] { seen.log.push_back("end"); });
    source.on_close([&] { seen.log.push_back("close"); });
  });
  loop.run();
  return seen;
}

// The control: one that goes on after its end.
Log unruly() {
  Log log;
  Ticks ticks;
  Pushed source(ticks);
  source.on_data([&](const Chunk& chunk) { log.emplace_back(chunk.view()); });
  source.on_error([&](const Error& error) { log.emplace_back(error.what()); });
  ticks.run([&] { source.push(Chunk("a")); });
  ticks.run([&] {
    source.push_end();
    source.push(Chunk("b"));
  });
  return log;
}

}  // namespace

void source(Story& story) {
  constexpr std::size_t kSize = 200'000;
  const fs::path path = lab::run_dir() / "file";
  std::ofstream(path) << std::string(kSize, 'x');
  const Emitted seen = read_file(path);
  const Log wrong = unruly();
  const std::string order = joined(seen.log);
  story.claim("04.3", "A Readable is a source of data, like a file's read stream",
              seen.bytes == kSize && seen.before_listening == 0 &&
                  seen.while_paused == 64 * kKiB &&
                  order == "data > resume > data > data > data > end > close" &&
                  joined(wrong) == "a > push: after end",
              "{} ({} bytes); nothing before somebody listens, nothing while paused; a "
              "push after the end: {}",
              order, seen.bytes, joined(wrong));
  story.nuance("04.3",
               "no data is lost while paused, but a source may end only when it is read: "
               "one that nobody reads never ends, and keeps its descriptor");
}

namespace {

struct Landed {
  std::size_t right_after = 0;  // on disk when the last call has returned
  std::size_t on_finish = 0;
  std::size_t at_last = 0;
  bool finished = false;
};

// Step 4: `write` only queues. What is on the disk is known at `on_finish`, not before.
Landed write_file(const fs::path& path, std::size_t chunks, bool gives_up) {
  Landed seen;
  lab::uv::Loop loop;
  Ticks ticks;
  lab::FileSink sink(ticks, loop, path);
  const auto on_disk = [&] { return fs::exists(path) ? fs::file_size(path) : 0; };
  sink.on_finish([&] {
    seen.finished = true;
    seen.on_finish = on_disk();
    trace::instant("finish", {.lane = "sink", .args = {{"bytes", seen.on_finish}}});
  });
  ticks.run([&] {
    for (std::size_t i = 0; i < chunks; ++i)
      (void)sink.write(Chunk(std::string(8 * kKiB, 'x')));
    if (gives_up)
      sink.destroy();
    else
      sink.end();
  });
  seen.right_after = on_disk();
  loop.run();
  seen.at_last = on_disk();
  return seen;
}

}  // namespace

void sink(Story& story) {
  constexpr std::size_t kChunks = 40, kTotal = kChunks * 8 * kKiB;
  const Landed ended = write_file(lab::run_dir() / "ended", kChunks, false);
  const Landed dropped = write_file(lab::run_dir() / "dropped", kChunks, true);
  story.table({.title = "Bytes on the disk",
               .columns = {"after the writes", "at once", "at finish", "at last"},
               .rows = {{"end()", std::to_string(ended.right_after),
                         std::to_string(ended.on_finish), std::to_string(ended.at_last)},
                        {"destroy()", std::to_string(dropped.right_after), "no finish",
                         std::to_string(dropped.at_last)}}});
  story.claim("04.4", "A Writable is a destination, like a file's write stream",
              ended.finished && ended.on_finish == kTotal && ended.at_last == kTotal &&
                  ended.right_after < kTotal && !dropped.finished &&
                  dropped.at_last < kTotal,
              "{} bytes written, {} on the disk at finish; right after end() only {}; "
              "given up in place of ended: {}",
              kTotal, ended.on_finish, ended.right_after, dropped.at_last);
  story.nuance(
      "04.4",
      "finish means that the kernel has the bytes; that they survive a power cut "
      "takes an fsync");
}

namespace {

struct Ends {
  Log log;
  std::string got;  // by the client, after it had ended its own direction
};

// Step 5: `end` of one direction is a FIN. The other direction is a stream of its own.
Ends talk(bool allow_half_open) {
  Ends seen;
  lab::uv::Loop loop;
  Ticks ticks;
  const lab::Connection ends = lab::connect_over_loopback(64 * kKiB);
  lab::Socket client(ticks, loop, ends.near_end, 16 * kKiB, {.allow_half_open = true});
  lab::Socket server(ticks, loop, ends.far_end, 16 * kKiB,
                     {.allow_half_open = allow_half_open});
  lab::uv::Timer later(loop);
  const auto note = [&](std::string_view lane, std::string what) {
    trace::instant(what, {.lane = lane});
    seen.log.push_back(fmt::format("{} {}", lane, what));
  };
  const auto speak_late = [&] {
    note("server", server.write(Chunk("late data")) ? "writes" : "may not write");
    server.end();
  };
  server.on_data([](const Chunk&) {});
  server.on_end([&] {
    note("server", "end");
    later.start(std::chrono::milliseconds(5), [&] { ticks.run(speak_late); });
  });
  server.on_error([&](const Error& error) { note("server", error.what()); });
  client.on_data([&](const Chunk& chunk) {
    note("client", "gets it");
    seen.got += chunk.view();
  });
  client.on_close([&] { note("client", "close"); });
  ticks.run([&] {
    (void)client.write(Chunk("hi"));
    client.end();
  });
  loop.run();
  return seen;
}

}  // namespace

void two_ways(Story& story) {
  story.say("The client says hi and ends. Five milliseconds later the server answers.");
  const Ends half = talk(true);
  const Ends whole = talk(false);
  story.table({.title = "After the client's end",
               .columns = {"half-open", "what happens"},
               .rows = {{"allowed", joined(half.log)}, {"not", joined(whole.log)}}});
  const bool refused = std::ranges::count(whole.log, "server may not write") == 1;
  story.claim("04.5", "A Duplex goes both ways, like a TCP socket",
              half.got == "late data" && whole.got.empty() && refused,
              "one direction ended, the other brought '{}'; with half-open not allowed, "
              "the control, it brought {} bytes",
              half.got, whole.got.size());
  story.nuance("04.5",
               "the protocol allows a half-open connection; net.Socket does not, unless "
               "told to (allowHalfOpen), while stream.Duplex does");
}

}  // namespace lab04
