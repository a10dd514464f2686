// app.hpp: the program that is deployed: an HTTP server, configured by its environment.
//
//   GET /       "VERSION PID HOSTNAME"          GET /live    200 while the process runs
//   GET /work   the same, after WORK_MS         GET /ready   200, or 503: send nothing here
//   GET /hang   no reply, ever                  GET /print   1,000 numbered lines, in its output
//
//   LISTEN_FD        a listening socket that it inherits; else HOST and PORT
//   VERSION          what it says of itself
//   READY_AFTER_MS   how long it warms up; -1: it never gets ready
//   IDLE_MS          closes its idle connections so long after a reply; 0: never
//   ON_SIGTERM       one of kShutdowns
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lab/net/http.hpp"
#include "lab/os/descriptor.hpp"
#include "lab/os/process.hpp"

namespace lab29 {

using std::chrono::milliseconds;

inline constexpr milliseconds kWork{30};          // WORK_MS
inline constexpr milliseconds kBeforeDrain{180};  // for the balancer to hear of it
inline constexpr milliseconds kDrainLimit{120};   // then it exits whatever is under way

// What the app does on SIGTERM.
inline constexpr std::string_view kShutdowns[] = {
    "nothing",         // no handler: the signal's own action
    "exit",            // at once, as process.exit in the handler
    "stop accepting",  // and end when the last connection has ended
    "drain",           // stop accepting, finish what is under way, close idle connections
    "wait and drain",  // no longer ready, go on for a while, and then drain
    "drain with a deadline",  // the same, and exit when it is over
};

struct AppSetting {
  std::string version = "v1";
  std::string_view on_sigterm = "wait and drain";
  milliseconds ready_after{0};
  milliseconds idle{0};
};

// A process that runs the app, on a loopback port of its own. Killed with this object.
class App {
 public:
  explicit App(const AppSetting& setting);
  App(const AppSetting& setting, const lab::Descriptor& listener);

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return child_.pid(); }
  lab::Child& process() { return child_; }

 private:
  std::uint16_t port_;
  lab::Child child_;
};

// The reply; its status is 0 if there is none.
lab::http::Response ask(std::uint16_t port, const lab::http::Request& request = {});

int app_main(std::span<const std::string> args);  // the role "app"

}  // namespace lab29
