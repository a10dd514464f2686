// event.hpp: the name of something that happens, and the types of what it carries.
#pragma once

#include <exception>
#include <string_view>

namespace lab30 {

// An event is its address, as a Symbol is in Node; the name is for people.
struct AnyEvent {
  std::string_view name;
};

// Define each once, `inline constexpr`. A wrong argument to emit() does not compile.
template <class... Args>
struct Event : AnyEvent {
  consteval explicit Event(std::string_view event_name) : AnyEvent{event_name} {}
  Event(const Event&) = delete;
};

inline constexpr Event<std::exception_ptr> error{"error"};
inline constexpr Event<std::exception_ptr> error_monitor{"errorMonitor"};  // sees, only
inline constexpr Event<std::string_view> new_listener{"newListener"};      // before it is
inline constexpr Event<std::string_view> remove_listener{"removeListener"};  // after

}  // namespace lab30
