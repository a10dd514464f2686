// trace.hpp: what happened, when, where and because of what.
//
//   emitting thread --> its own ring in shared memory --> the narrator's process
//
// A lab emits; it never prints. Every picture (terminal, browser, Perfetto, ledger) is
// drawn from these events by another process, so that drawing cannot disturb what is
// observed, and so that a lab that dies loses nothing that it had already emitted.
//
// Units     Time stamps are steady-clock nanoseconds, taken when the call is made.
// Threads   Any thread, any process started by the lab; no lock, no allocation.
// Errors    None. A full ring drops the event, counts it, and the count is shown.
// Cost      One branch with nobody listening; see bench/ for the rest.
// Source    The events become lines of the Trace Event Format (Perfetto,
// chrome://tracing).
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "lab/core/where.hpp"

namespace lab {

// Names one event of one run, in all its processes. Zero: no event.
using EventId = std::uint64_t;

// One named value of an event. Texts are copied when the event is emitted. Kept small:
// the caller builds it even when nobody listens.
class Arg {
 public:
  enum class Type : std::uint8_t { integer, real, boolean, text };

  constexpr Arg(std::string_view key, bool value) : Arg(key, Type::boolean) {
    integer_ = value;
  }
  constexpr Arg(std::string_view key, std::integral auto value)
      : Arg(key, Type::integer) {
    integer_ = static_cast<std::int64_t>(value);
  }
  constexpr Arg(std::string_view key, std::floating_point auto value)
      : Arg(key, Type::real) {
    real_ = value;
  }
  constexpr Arg(std::string_view key, std::string_view value) : Arg(key, Type::text) {
    text_ = value.data();
    text_size_ = static_cast<std::uint32_t>(value.size());
  }
  constexpr Arg(std::string_view key, const char* value)
      : Arg(key, std::string_view(value)) {}

  constexpr std::string_view key() const { return {key_, key_size_}; }
  constexpr Type type() const { return type_; }
  constexpr std::int64_t integer() const { return integer_; }
  constexpr double real() const { return real_; }
  constexpr std::string_view text() const {
    return type_ == Type::text ? std::string_view(text_, text_size_) : std::string_view();
  }

 private:
  constexpr Arg(std::string_view key, Type type)
      : key_(key.data()),
        integer_(0),
        key_size_(static_cast<std::uint8_t>(key.size())),
        type_(type) {}

  const char* key_;
  union {
    std::int64_t integer_;
    double real_;
    const char* text_;
  };
  std::uint32_t text_size_ = 0;
  std::uint8_t key_size_;  // keys are words
  Type type_;
};

// What an event may carry besides its name.
struct Detail {
  std::string_view lane{};  // where it happened; empty: the emitting thread
  EventId cause = 0;        // the event that queued, sent or started this one
  std::initializer_list<Arg> args{};
};

namespace trace {

namespace detail {

enum class Kind : std::uint8_t {
  instant,
  begin,
  end,
  counter,
  state,
  flow_out,
  flow_in,
  queued,
  taken,
  actor,
  // The story; see story.hpp. These wait for room instead of being dropped.
  scene,
  say,
  claim,
  nuance,
  table,
  picture,
  takeaway,
};

struct Event {
  Kind kind = Kind::instant;
  std::string_view name;
  EventId link = 0;  // end: its begin; flow_in: its flow_out; taken: its queued
  double value = 0;  // counter
};

inline std::atomic<bool> listening = false;

// Cold: so that a call site keeps nothing but the branch on its straight path.
[[gnu::cold]] EventId emit(const Event& event, const Detail& detail,
                           Where where) noexcept;

}  // namespace detail

// True while somebody listens. Ask before preparing something costly for an event.
inline bool on() noexcept {
  return detail::listening.load(std::memory_order_relaxed);
}

// Something happened.
inline EventId instant(std::string_view name, const Detail& detail = {},
                       Where where = {__builtin_FILE(), __builtin_LINE()}) noexcept {
  return on() ? detail::emit({detail::Kind::instant, name}, detail, where) : 0;
}

// A quantity has this value from now on. A lane, if given, owns the quantity.
inline void counter(std::string_view name, double value, const Detail& detail = {},
                    Where where = {__builtin_FILE(), __builtin_LINE()}) noexcept {
  if (on()) detail::emit({detail::Kind::counter, name, 0, value}, detail, where);
}

// The machine `detail.lane` is in this state from now on.
inline EventId state(std::string_view machine, std::string_view state, EventId cause = 0,
                     Where where = {__builtin_FILE(), __builtin_LINE()}) noexcept {
  return on() ? detail::emit({detail::Kind::state, state},
                             {.lane = machine, .cause = cause}, where)
              : 0;
}

// Who takes part in a scene: its name is the lane on which it acts.
enum class Actor : std::uint8_t { process, service, client };

// From now on somebody of this name takes part: give it the name that a person would
// ("server A", "orders"). With the pid of a process of its own, the studio can break it.
inline void actor(std::string_view name, Actor kind, std::int64_t pid = 0,
                  Where where = {__builtin_FILE(), __builtin_LINE()}) noexcept {
  static constexpr std::string_view kKinds[] = {"process", "service", "client"};
  if (on()) {
    detail::emit(
        {detail::Kind::actor, name},
        {.lane = name,
         .args = {{"kind", kKinds[static_cast<std::size_t>(kind)]}, {"pid", pid}}},
        where);
  }
}

// Something leaves this lane, and later arrives on another. Hand the id over with it.
[[nodiscard]] inline EventId flow_out(std::string_view name, const Detail& detail = {},
                                      Where where = {__builtin_FILE(),
                                                     __builtin_LINE()}) noexcept {
  return on() ? detail::emit({detail::Kind::flow_out, name}, detail, where) : 0;
}
inline void flow_in(EventId out, std::string_view name, const Detail& detail = {},
                    Where where = {__builtin_FILE(), __builtin_LINE()}) noexcept {
  if (on()) detail::emit({detail::Kind::flow_in, name, out}, detail, where);
}

// `item` was put into the queue `detail.lane`, and later taken out of it: call these
// where that truly happens, not where the item's callback starts.
[[nodiscard]] inline EventId queued(std::string_view item, const Detail& detail,
                                    Where where = {__builtin_FILE(),
                                                   __builtin_LINE()}) noexcept {
  return on() ? detail::emit({detail::Kind::queued, item}, detail, where) : 0;
}
inline void taken(EventId put, std::string_view item, const Detail& detail,
                  Where where = {__builtin_FILE(), __builtin_LINE()}) noexcept {
  if (on()) detail::emit({detail::Kind::taken, item, put}, detail, where);
}

// Something lasts as long as this object. Spans of one lane nest.
class Span {
 public:
  explicit Span(std::string_view name, const Detail& detail = {},
                Where where = {__builtin_FILE(), __builtin_LINE()}) noexcept
      : where_(where),
        begin_(on() ? detail::emit({detail::Kind::begin, name}, detail, where) : 0) {}
  Span(Span&& other) noexcept
      : where_(other.where_), begin_(std::exchange(other.begin_, 0)) {}
  Span& operator=(Span&& other) noexcept {
    end();
    where_ = other.where_;
    begin_ = std::exchange(other.begin_, 0);
    return *this;
  }
  ~Span() { end(); }

  EventId id() const noexcept { return begin_; }

  // Ends the span before its object goes. Later calls do nothing.
  void end() noexcept {
    if (begin_ && on()) detail::emit({detail::Kind::end, {}, begin_}, {}, where_);
    begin_ = 0;
  }

 private:
  Where where_;
  EventId begin_;
};

// Events lost in this process because a ring was full.
std::uint64_t dropped() noexcept;

}  // namespace trace
}  // namespace lab
