#include "world/proxy.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "lab/core/trace.hpp"

namespace lab05 {

using namespace std::chrono_literals;
namespace trace = lab::trace;
using lab::Error;
using lab::Stream;

namespace {

constexpr std::size_t kMark = 16 * kKiB;

class Proxy {
 public:
  Proxy(Way way, Failing failing)
      : way_(way),
        failing_(failing),
        from_server_(lab::connect_over_loopback(64 * kKiB)),
        source_(ticks_, loop_, from_server_.far_end, kMark, lab::kOnlyReads),
        stage_(ticks_, kMark, [this](const Chunk& chunk) { return work_on(chunk); }),
        to_client_(ticks_, loop_, kMark, 64 * kKiB) {}
  ~Proxy() {
    if (from_server_.near_end >= 0) ::close(from_server_.near_end);
  }
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // One failure needs two or three ticks to show; after twenty, nothing more happens.
  Aftermath run() {
    ticks_.run([this] { start(); });
    lab::uv::Timer timer(loop_);
    timer.start(
        1ms, [this] { ticks_.run([this] { work_and_fail(); }); }, 1ms);
    loop_.run();
    return aftermath();
  }

 private:
  // Step 8: what pipeline() adds. It watches every stage, and if one fails, it destroys the
  // others. It calls back once.
  void start() {
    for (std::size_t i = 0; i < streams_.size(); ++i) show(i);
    if (way_ == Way::pipeline) {
      return lab::pipeline(source_, {&stage_}, to_client_.sink,
                           [this](std::optional<Error> error) {
                             ++after_.callbacks;
                             after_.reported = error ? error->what() : "";
                           });
    }
    lab::pipe(source_, stage_);
    lab::pipe(stage_, to_client_.sink);
  }

  void show(std::size_t stage) {
    const std::string lane =
        std::string(name(way_)) + " " + std::string(name(Failing(stage)));
    trace::state(lane, "open");
    streams_[stage]->on_close([lane] { trace::state(lane, "destroyed"); });
  }

  // The server sends one chunk in each tick; what is to fail fails in the third.
  void work_and_fail() {
    if (++ticks_passed_ == 20) loop_.stop();
    if (ticks_passed_ == 3 && failing_ == Failing::source) {
      reset_connection(std::exchange(from_server_.near_end, -1));
    }
    if (ticks_passed_ == 3 && failing_ == Failing::sink) to_client_.reader.reset();
    const std::string bytes(8 * kKiB, 'x');
    if (from_server_.near_end >= 0) {
      send(from_server_.near_end, bytes.data(), bytes.size(),
           MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    to_client_.reader.read(kMiB);
  }

  std::variant<Chunk, Error> work_on(const Chunk& chunk) {
    if (failing_ == Failing::stage && ++chunks_ == 2) return Error("stage", "bad data");
    return chunk;
  }

  Aftermath aftermath() {
    const auto is_open = [](int fd) { return fcntl(fd, F_GETFD) != -1; };
    after_.source_destroyed = source_.destroyed();
    after_.stage_destroyed = stage_.destroyed();
    after_.sink_destroyed = to_client_.sink.destroyed();
    after_.descriptors_open =
        is_open(from_server_.far_end) + is_open(to_client_.connection.near_end);
    after_.client_saw_end = to_client_.reader.saw_end();
    return after_;
  }

  Way way_;
  Failing failing_;
  lab::uv::Loop loop_;
  Ticks ticks_;
  lab::Connection from_server_;
  lab::Socket source_;
  lab::Mapper stage_;
  Outlet to_client_;
  const std::array<Stream*, 3> streams_{&source_, &stage_, &to_client_.sink};
  int chunks_ = 0;
  int ticks_passed_ = 0;
  Aftermath after_;
};

}  // namespace

std::string_view name(Failing failing) {
  constexpr std::array<std::string_view, 3> kNames{"source", "stage", "sink"};
  return kNames[static_cast<std::size_t>(failing)];
}

Aftermath fail_one_stage(Way way, Failing failing) {
  return Proxy(way, failing).run();
}

}  // namespace lab05
