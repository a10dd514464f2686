// event.hpp: the name of something that happens, and the types of what it carries.
#pragma once

#include <exception>
#include <stdexcept>
#include <string_view>

namespace lab30 {

// An event is its address, as a Symbol is in Node; the name is for people.
struct AnyEvent {
  std::string_view name;
};

// Step 1: the name of an event and the types of what it carries. Define each once,
// `inline constexpr`. A wrong argument to emit() does not compile.
template <class... Args>
struct Event : AnyEvent {
  consteval explicit Event(std::string_view event_name) : AnyEvent{event_name} {}
  Event(const Event&) = delete;
};

inline constexpr Event<std::exception_ptr> error{"error"};
// Called before the listeners of `error`, and also if there is none: it sees, and that does
// not count as handled.
inline constexpr Event<std::exception_ptr> error_monitor{"errorMonitor"};

// An `error` that carried no exception, and that nobody listened to.
class UnhandledError : public std::runtime_error {
 public:
  UnhandledError() : std::runtime_error("unhandled `error` event") {}
};

}  // namespace lab30
