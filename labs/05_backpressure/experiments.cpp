#include "experiments.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace lab05 {

using namespace std::chrono_literals;

namespace {

// Not looking at the answer.
void ignore(Readable& source, Writable& sink) {
  source.on_data([&sink](const Chunk& chunk) { (void)sink.write(chunk); });
  source.on_end([&sink] { sink.end(); });
}

// Looking at it, but not waiting long enough. The timer stands for any reason to go on
// that is not the sink's own: a retry, a new request, impatience.
void pause_only(Readable& source, Writable& sink) {
  source.on_data([&](const Chunk& chunk) {
    if (!sink.write(chunk)) source.pause();
  });
  source.on_end([&sink] { sink.end(); });
}

// Step 4: the three lines of backpressure by hand. False: pause; drain: resume.
void by_hand(Readable& source, Writable& sink) {
  source.on_data([&](const Chunk& chunk) {
    if (!sink.write(chunk)) source.pause();
  });
  sink.on_drain([&source] { source.resume(); });
  source.on_end([&sink] { sink.end(); });
}

void count(Record& record, Readable& source, Writable& sink) {
  // Comes after the pump's own listener: the chunk has been written by then.
  source.on_data([&](const Chunk&) {
    ++record.chunks;
    record.refusals += sink.needs_drain();
    record.peak = std::max(record.peak, sink.writable_length());
  });
  const auto drained = std::make_shared<bool>(true);
  source.on_pause([&, drained] {
    record.pauses.push_back(sink.writable_length());
    *drained = false;
  });
  sink.on_drain([&record, drained] {
    ++record.drains;
    *drained = true;
  });
  source.on_resume([&record, drained] {
    ++record.resumes;
    record.unfounded_resumes += !*drained;
  });
}

}  // namespace

std::string_view name(Way way) {
  constexpr std::array<std::string_view, 5> names{"ignore", "hasty", "by hand", "pipe",
                                                  "pipeline"};
  return names[static_cast<std::size_t>(way)];
}

// Step 5: `pipe` is the same pump, written once (lab/stream/pipe.hpp); it serves several
// sinks, too. `pipeline` is that, and looks after errors.
void carry(Way way, Readable& source, Writable& sink) {
  switch (way) {
    case Way::ignore:
      return ignore(source, sink);
    case Way::hasty:
      return pause_only(source, sink);
    case Way::by_hand:
      return by_hand(source, sink);
    case Way::pipe:
      return pipe(source, sink);
    case Way::pipeline:
      return pipeline(source, {}, sink, [](std::optional<Error>) {});
  }
}

Record run_transfer(Way way, const Plan& plan, const OnTick& on_tick,
                    const std::function<void(World&)>& wire) {
  World world(plan);
  Record record;
  world.ticks.run([&] {
    carry(way, world.source, world.outlet.sink);
    count(record, world.source, world.outlet.sink);
    if (wire) wire(world);
  });
  world.run([&] {
    if (way == Way::hasty) world.source.resume();
    if (on_tick) on_tick(world);
  });
  record.received = world.outlet.reader.received();
  record.milliseconds = world.milliseconds;
  return record;
}

namespace {

bool is_open(int fd) {
  return fcntl(fd, F_GETFD) != -1;
}

class Proxy {
 public:
  explicit Proxy(Failing failing)
      : failing_(failing),
        from_server_(lab::connect_over_loopback(64 * kKiB)),
        to_client_(lab::connect_over_loopback(64 * kKiB)),
        source_(ticks_, loop_, from_server_.far_end, 16 * kKiB, lab::kOnlyReads),
        stage_(ticks_, 16 * kKiB, [this](const Chunk& chunk) { return step(chunk); }),
        sink_(ticks_, loop_, to_client_.near_end, 16 * kKiB, lab::kOnlyWrites),
        client_(to_client_.far_end) {}
  ~Proxy() {
    if (server_is_up_) ::close(from_server_.near_end);
  }
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  Aftermath run(Join join) {
    ticks_.run([&] { start(join); });
    serve();
    lab::uv::Timer time(loop_);
    int due = 100;  // ticks; what is to happen takes two or three
    const auto tick = [&] {
      fail_when_due();
      client_.read(kMiB);
      if (--due == 0 || is_over(join)) loop_.stop();
    };
    time.start(
        1ms, [&] { ticks_.run(tick); }, 1ms);
    loop_.run();
    client_.read(kMiB);
    return aftermath_of();
  }

 private:
  // Step 6: what `pipeline` adds: every stage is watched, and one that fails takes the
  // others with it. Then, and once, it calls back.
  void start(Join join) {
    if (join == Join::pipeline) {
      return pipeline(source_, {&stage_}, sink_, [this](std::optional<Error> error) {
        ++after_.calls;
        after_.told = error ? error->what() : "success";
      });
    }
    pipe(source_, stage_);
    pipe(stage_, sink_);
  }

  // The server keeps sending; each tick brings one chunk more.
  void serve() {
    const std::string bytes(8 * kKiB, 'x');
    if (server_is_up_) {
      send(from_server_.near_end, bytes.data(), bytes.size(),
           MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  }

  void fail_when_due() {
    if (++ticks_passed_ == 3 && failing_ == Failing::source) {
      reset_connection(from_server_.near_end);
      server_is_up_ = false;
    }
    if (ticks_passed_ == 3 && failing_ == Failing::sink) client_.reset();
    serve();
  }

  std::variant<Chunk, Error> step(const Chunk& chunk) {
    if (failing_ == Failing::stage && ++chunks_ == 2) return Error("stage", "bad data");
    return chunk;
  }

  const Stream& failing_stream() const {
    const std::array<const Stream*, 3> streams{&source_, &stage_, &sink_};
    return *streams[static_cast<std::size_t>(failing_)];
  }

  // Ten ticks after the failure, pipe has done all it will ever do.
  bool is_over(Join join) {
    if (!failing_stream().closed()) return false;
    return ++ticks_since_ > 10 && (join == Join::pipe || after_.calls > 0);
  }

  Aftermath aftermath_of() {
    after_.source_destroyed = source_.destroyed();
    after_.stage_destroyed = stage_.destroyed();
    after_.sink_destroyed = sink_.destroyed();
    after_.descriptors_open =
        is_open(from_server_.far_end) + is_open(to_client_.near_end);
    after_.client_saw_end = client_.saw_end();
    return after_;
  }

  Failing failing_;
  lab::uv::Loop loop_;
  Ticks ticks_;
  lab::Connection from_server_, to_client_;
  lab::Socket source_;
  Mapper stage_;
  lab::Socket sink_;
  SlowReader client_;
  bool server_is_up_ = true;
  int chunks_ = 0;
  int ticks_passed_ = 0;
  int ticks_since_ = 0;
  Aftermath after_;
};

}  // namespace

std::string_view name(Join join) {
  return join == Join::pipe ? "pipe" : "pipeline";
}

std::string_view name(Failing failing) {
  constexpr std::array<std::string_view, 3> names{"source", "stage", "sink"};
  return names[static_cast<std::size_t>(failing)];
}

Aftermath run_failure(Join join, Failing failing) {
  return Proxy(failing).run(join);
}

}  // namespace lab05
