// arena.hpp: the memory that a lab, its child processes and the narrator share.
//
//   thread --> Ring (one writer, one reader) --> the narrator's process
//
// A ring belongs to one thread at a time. Records lie in it one after another, each a
// RecordHeader and its texts; one that would not fit before the ring's end is preceded by
// padding. `head` and `tail` count bytes and never wrap.
//
// Lifetime  Made by the process that the user started, as an unlinked memory file;
//           children inherit its descriptor (kArenaVariable names it) and map it again.
//           What a process has published survives that process, whatever kills it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "lab/core/trace.hpp"

namespace lab {

inline constexpr const char* kArenaVariable = "LAB_TRACE_FD";
inline constexpr std::size_t kRings = 64;
inline constexpr std::size_t kRingBytes = 1 << 20;
inline constexpr std::size_t kMaxKnobs = 32;

// A table travels as text, each cell and each row ended by one of ASCII's separators.
inline constexpr char kEndOfCell = '\x1f';
inline constexpr char kEndOfRow = '\x1e';

// The time stamp of all events: nanoseconds of the steady clock.
inline std::uint64_t steady_nanoseconds() {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

struct RecordHeader {
  std::uint32_t size;  // header, texts and padding to a multiple of 8
  trace::detail::Kind kind;
  bool padding;
  std::uint16_t args;
  std::uint32_t name_size;
  std::uint16_t lane_size;
  std::uint16_t file_size;
  std::uint32_t line;
  std::uint32_t reserved;
  std::uint64_t nanoseconds;
  EventId id;
  EventId cause;
  EventId link;
  double value;
};
static_assert(sizeof(RecordHeader) % 8 == 0);

struct ArgHeader {
  std::uint8_t type;
  std::uint8_t key_size;
  std::uint16_t reserved;
  std::uint32_t text_size;
  std::uint64_t bits;  // the integer, the real or the boolean
};

struct Ring {
  enum State : std::uint32_t { unused, owned, left };
  std::atomic<std::uint32_t> state;
  std::atomic<std::int32_t> pid;
  std::atomic<std::int32_t> tid;
  std::uint64_t next;                           // events emitted: by the writer alone
  alignas(64) std::atomic<std::uint64_t> head;  // published by the writer
  std::atomic<std::uint64_t> dropped;
  alignas(64) std::atomic<std::uint64_t> tail;  // released by the reader
  alignas(64) std::array<std::byte, kRingBytes> bytes;
};

// The lab waits before its scene number n, counted from 0, until `allowed` is above n. The
// narrator's process allows it: one more for each key.
struct Pace {
  std::atomic<std::uint32_t> allowed;
  std::atomic<std::uint32_t> waiting;  // n of the scene that it waits to play; 0: of none
};

struct Arena {
  std::uint64_t magic;
  Pace pace;
  std::atomic<std::uint64_t> dropped;  // by threads that found no ring
  std::array<std::atomic<double>, kMaxKnobs> knobs;
  std::array<char, 1024> failure;  // why the lab broke off, in words
  std::array<Ring, kRings> rings;
};

// A new arena, zeroed, that costs no memory until it is used; its descriptor is put into
// the environment for the children. Throws Error.
Arena& make_arena();

// The arena that this process inherited. Throws Error if there is none.
Arena& inherited_arena();

// From now on, events of this process go to the arena; nullptr: nowhere.
void listen(Arena* arena);

}  // namespace lab
