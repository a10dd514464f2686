#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>

#include "lab/os/run_dir.hpp"
#include "lab/stream/file.hpp"
#include "lab/stream/pipe.hpp"
#include "lab/stream/socket.hpp"
#include "scenes/scenes.hpp"
#include "streams.hpp"

namespace lab04 {

namespace fs = std::filesystem;
namespace trace = lab::trace;
using lab::Readable;
using lab::Writable;

// The kinds as the compiler sees them. The scenes show that they also behave so.
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

// A call, or an event that it brought.
void passed(std::string_view from, std::string_view what, std::string_view to,
            lab::Where where = lab::Where::here()) {
  trace::flow_in(trace::flow_out(what, {.lane = from}, where), what, {.lane = to}, where);
}

// Step 3: a source starts paused. Data flows once there is a listener, and stops on pause().
// Nothing is lost meanwhile.
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
    passed("listener", "resume()", "source");
    source.resume();
  };
  ticks.run([&] {
    passed("listener", "on('data')", "source");
    source.on_data([&](const Chunk& chunk) {
      passed("source", fmt::format("data: {} bytes", chunk.size()), "listener");
      seen.bytes += chunk.size();
      seen.log.push_back("data");
      if (seen.log.size() != 1) return;
      passed("listener", "pause()", "source");
      source.pause();
      later.start(std::chrono::milliseconds(5), [&] { ticks.run(go_on); });
    });
    source.on_end([&] {
      passed("source", "end", "listener");
      seen.log.push_back("end");
    });
    source.on_close([&] {
      passed("source", "close", "listener");
      seen.log.push_back("close");
    });
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

void source(Story& story, const Knobs&) {
  story.say(
      "A file is read as a stream. The listener pauses the stream after the first chunk, "
      "resumes it 5 ms later, and should miss nothing.");
  story.picture(lab::Picture::sequence, {"listener", "source"});
  constexpr std::size_t kSize = 200'000;
  const fs::path path = lab::run_dir() / "file";
  std::ofstream(path) << std::string(kSize, 'x');
  const Emitted seen = read_file(path);
  const Log wrong = unruly();
  const std::string order = joined(seen.log);
  story.claim(
      "04.3",
      seen.bytes == kSize && seen.before_listening == 0 &&
          seen.while_paused == 64 * kKiB &&
          order == "data > resume > data > data > data > end > close" &&
          joined(wrong) == "a > push: after end",
      "all {} bytes came, in the order {}; no data came before there was a listener, and "
      "none during the pause. Control: a push after the end failed ({})",
      seen.bytes, order, joined(wrong));
  story.nuance("04.3",
               "A paused source loses nothing, but it ends only once it has been read. "
               "If nobody reads it, it never ends and keeps its descriptor open.");
  story.takeaway(
      "A Readable delivers data when you ask for it, and waits when you do not.");
}

namespace {

struct Landed {
  std::size_t right_after = 0;  // in the file when the last call has returned
  std::size_t on_finish = 0;
  std::size_t at_last = 0;
  bool finished = false;
};

// Step 4: `write` only queues. Until `on_finish` you cannot know what is in the file.
Landed write_file(const fs::path& path, std::size_t chunks, bool gives_up) {
  Landed seen;
  lab::uv::Loop loop;
  Ticks ticks;
  lab::FileSink sink(ticks, loop, path);
  const auto in_file = [&] { return fs::exists(path) ? fs::file_size(path) : 0; };
  sink.on_finish([&] {
    seen.finished = true;
    seen.on_finish = in_file();
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
  seen.right_after = in_file();
  loop.run();
  seen.at_last = in_file();
  return seen;
}

}  // namespace

void sink(Story& story, const Knobs&) {
  story.say(
      "We write 40 chunks to a file and then end the stream. We destroy a second stream "
      "instead. When are the bytes in the file?");
  story.picture(lab::Picture::bars, {"Bytes in the file"});
  constexpr std::size_t kChunks = 40, kTotal = kChunks * 8 * kKiB;
  const Landed ended = write_file(lab::run_dir() / "ended", kChunks, false);
  const Landed dropped = write_file(lab::run_dir() / "dropped", kChunks, true);
  story.table({.title = "Bytes in the file",
               .columns = {"after the writes", "at once", "at finish", "at last"},
               .rows = {{"end()", std::to_string(ended.right_after),
                         std::to_string(ended.on_finish), std::to_string(ended.at_last)},
                        {"destroy()", std::to_string(dropped.right_after), "no finish",
                         std::to_string(dropped.at_last)}}});
  story.claim("04.4",
              ended.finished && ended.on_finish == kTotal && ended.at_last == kTotal &&
                  ended.right_after < kTotal && !dropped.finished &&
                  dropped.at_last < kTotal,
              "of {} bytes written, {} were in the file at `finish`, but only {} right "
              "after end(). Control: destroyed instead of ended, only {} arrived",
              kTotal, ended.on_finish, ended.right_after, dropped.at_last);
  story.nuance("04.4",
               "`finish` means that the kernel has the bytes. To survive a power cut you "
               "need an fsync.");
  story.takeaway(
      "write() only queues. The `finish` event says that the data has arrived.");
}

namespace {

struct Ends {
  Log log;
  std::string got;  // by the client, after it had ended its own direction
};

Ends talk(bool allow_half_open) {
  trace::instant(allow_half_open ? "half-open is allowed" : "half-open is not allowed",
                 {.lane = "case"});
  Ends seen;
  lab::uv::Loop loop;
  Ticks ticks;
  const lab::Connection ends = lab::connect_over_loopback(64 * kKiB);
  lab::Socket client(ticks, loop, ends.near_end, 16 * kKiB, {.allow_half_open = true});
  lab::Socket server(ticks, loop, ends.far_end, 16 * kKiB,
                     {.allow_half_open = allow_half_open});
  lab::uv::Timer later(loop);
  lab::EventId request = 0;
  lab::EventId answer = 0;
  const auto note = [&](std::string_view lane, std::string what) {
    trace::instant(what, {.lane = lane});
    seen.log.push_back(fmt::format("{} {}", lane, what));
  };
  const auto speak_late = [&] {
    answer = trace::flow_out("late data", {.lane = "server"});
    note("server", server.write(Chunk("late data")) ? "writes" : "may not write");
    server.end();
  };
  server.on_data(
      [&](const Chunk&) { trace::flow_in(request, "hi", {.lane = "server"}); });
  // Step 5: ending one direction sends a FIN. The other direction is a stream of its own.
  server.on_end([&] {
    note("server", "end");
    later.start(std::chrono::milliseconds(5), [&] { ticks.run(speak_late); });
  });
  server.on_error([&](const Error& error) { note("server", error.what()); });
  client.on_data([&](const Chunk& chunk) {
    trace::flow_in(answer, "late data", {.lane = "client"});
    note("client", "gets it");
    seen.got += chunk.view();
  });
  client.on_close([&] { note("client", "close"); });
  ticks.run([&] {
    request = trace::flow_out("hi", {.lane = "client"});
    (void)client.write(Chunk("hi"));
    client.end();
  });
  loop.run();
  return seen;
}

}  // namespace

void two_ways(Story& story, const Knobs&) {
  story.say(
      "The client sends \"hi\" and ends its direction. 5 ms later the server replies. "
      "Does the reply still arrive?");
  story.picture(lab::Picture::sequence, {"client", "server"});
  trace::actor("client", trace::Actor::client);
  trace::actor("server", trace::Actor::service);
  const Ends half = talk(true);
  const Ends whole = talk(false);
  story.table({.title = "After the client's end",
               .columns = {"half-open", "what happens"},
               .rows = {{"allowed", joined(half.log)}, {"not", joined(whole.log)}}});
  const bool refused = std::ranges::count(whole.log, "server may not write") == 1;
  story.claim("04.5", half.got == "late data" && whole.got.empty() && refused,
              "after one direction had ended, the other still delivered '{}'. Control: "
              "without half-open connections it delivered {} bytes",
              half.got, whole.got.size());
  story.nuance("04.5",
               "TCP allows half-open connections. net.Socket does not, unless you set "
               "allowHalfOpen. stream.Duplex allows them by default.");
  story.takeaway("A Duplex is two independent streams that share one object.");
}

}  // namespace lab04
