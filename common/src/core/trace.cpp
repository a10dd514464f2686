#include "lab/core/trace.hpp"

#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bit>
#include <cstring>

#include "core/arena.hpp"

namespace lab {

namespace {

using trace::detail::Event;
using trace::detail::Kind;

Arena* g_arena = nullptr;

// The ring of this thread; given back when the thread ends. The reader empties it before
// another thread may have it.
struct Seat {
  Ring* ring = nullptr;
  ~Seat() {
    if (ring) ring->state.store(Ring::left, std::memory_order_release);
  }
};
thread_local Seat t_seat;
thread_local bool t_turned_away = false;  // every ring was taken

Ring* take_seat() {
  if (t_seat.ring || t_turned_away) return t_seat.ring;
  for (Ring& ring : g_arena->rings) {
    std::uint32_t expected = Ring::unused;
    if (ring.state.compare_exchange_strong(expected, Ring::owned,
                                           std::memory_order_acq_rel)) {
      ring.pid.store(getpid(), std::memory_order_relaxed);
      ring.tid.store(static_cast<std::int32_t>(syscall(SYS_gettid)),
                     std::memory_order_relaxed);
      return t_seat.ring = &ring;
    }
  }
  t_turned_away = true;
  return nullptr;
}

bool is_story(Kind kind) {
  return kind >= Kind::scene;
}

// Waits until the reader has made room. Only the story does this: it is slow anyway, and
// a lost claim would be a lie. Gives up after two seconds: then nobody reads any more.
bool wait_for_room(const Ring& ring, std::uint64_t end) {
  for (int tries = 0; tries < 2000; ++tries) {
    if (end - ring.tail.load(std::memory_order_acquire) <= kRingBytes) return true;
    const timespec pause{0, 1'000'000};
    nanosleep(&pause, nullptr);
  }
  return false;
}

// Where a record of this size goes in the ring, or nullptr if there is no room.
std::byte* reserve(Ring& ring, std::size_t size, bool may_wait) {
  std::uint64_t head = ring.head.load(std::memory_order_relaxed);
  const std::size_t offset = head % kRingBytes;
  const std::size_t before_end = kRingBytes - offset;
  const std::size_t skip = size > before_end ? before_end : 0;
  const std::uint64_t end = head + skip + size;
  if (end - ring.tail.load(std::memory_order_acquire) > kRingBytes &&
      !(may_wait && size < kRingBytes / 2 && wait_for_room(ring, end))) {
    ring.dropped.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  if (skip) {
    // Eight bytes are always there: records are multiples of eight.
    const auto bytes = static_cast<std::uint32_t>(skip);
    std::memcpy(&ring.bytes[offset], &bytes, sizeof bytes);
    ring.bytes[offset + offsetof(RecordHeader, padding)] = std::byte{1};
    ring.head.store(head + skip, std::memory_order_release);
    head += skip;
  }
  return &ring.bytes[head % kRingBytes];
}

class Writer {
 public:
  explicit Writer(std::byte* at) : at_(at) {}
  void raw(const void* from, std::size_t size) {
    std::memcpy(at_, from, size);
    at_ += size;
  }
  void text(std::string_view text) {
    if (!text.empty()) raw(text.data(), text.size());
  }

 private:
  std::byte* at_;
};

std::uint64_t bits(const Arg& arg) {
  switch (arg.type()) {
    case Arg::Type::real:
      return std::bit_cast<std::uint64_t>(arg.real());
    case Arg::Type::text:
      return 0;
    default:
      return static_cast<std::uint64_t>(arg.integer());
  }
}

// A fork copies the seat, but two processes must not write into one ring.
void leave_seat_after_fork() {
  t_seat.ring = nullptr;
  t_turned_away = false;
}

}  // namespace

void listen(Arena* arena) {
  static const int registered = pthread_atfork(nullptr, nullptr, leave_seat_after_fork);
  static_cast<void>(registered);
  if (g_arena != arena) leave_seat_after_fork();
  g_arena = arena;
  trace::detail::listening.store(arena != nullptr, std::memory_order_release);
}

std::uint64_t trace::dropped() noexcept {
  return t_seat.ring ? t_seat.ring->dropped.load(std::memory_order_relaxed) : 0;
}

EventId trace::detail::emit(const Event& event, const Detail& detail,
                            Where where) noexcept {
  const std::uint64_t nanoseconds = steady_nanoseconds();
  Ring* ring = take_seat();
  if (!ring) {
    g_arena->dropped.fetch_add(1, std::memory_order_relaxed);
    return 0;
  }

  const std::string_view file(where.file);
  std::size_t size =
      sizeof(RecordHeader) + event.name.size() + detail.lane.size() + file.size();
  for (const Arg& arg : detail.args) {
    size += sizeof(ArgHeader) + arg.key().size() + arg.text().size();
  }
  size = (size + 7) & ~std::size_t{7};

  std::byte* at = reserve(*ring, size, is_story(event.kind));
  if (!at) return 0;

  const auto ring_number = static_cast<std::uint64_t>(ring - g_arena->rings.data());
  const EventId id = (++ring->next) * kRings + ring_number;
  Writer writer(at);
  const RecordHeader header{
      .size = static_cast<std::uint32_t>(size),
      .kind = event.kind,
      .padding = false,
      .args = static_cast<std::uint16_t>(detail.args.size()),
      .name_size = static_cast<std::uint32_t>(event.name.size()),
      .lane_size = static_cast<std::uint16_t>(detail.lane.size()),
      .file_size = static_cast<std::uint16_t>(file.size()),
      .line = where.line,
      .reserved = 0,
      .nanoseconds = nanoseconds,
      .id = id,
      .cause = detail.cause,
      .link = event.link,
      .value = event.value,
  };
  writer.raw(&header, sizeof header);
  writer.text(event.name);
  writer.text(detail.lane);
  writer.text(file);
  for (const Arg& arg : detail.args) {
    const ArgHeader arg_header{
        .type = static_cast<std::uint8_t>(arg.type()),
        .key_size = static_cast<std::uint8_t>(arg.key().size()),
        .reserved = 0,
        .text_size = static_cast<std::uint32_t>(arg.text().size()),
        .bits = bits(arg),
    };
    writer.raw(&arg_header, sizeof arg_header);
    writer.text(arg.key());
    writer.text(arg.text());
  }
  ring->head.store(ring->head.load(std::memory_order_relaxed) + size,
                   std::memory_order_release);
  return id;
}

}  // namespace lab
