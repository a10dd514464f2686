// site.hpp: an App behind a real HTTP server, its one visitor, and the log of its layers.
//
// Threads   Layers run on the server's thread; visit() waits until they have returned.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "app.hpp"
#include "lab/http.hpp"
#include "lab/trace.hpp"

namespace lab10 {

using std::chrono::milliseconds;

struct Seen {
  std::string reply;  // "200 hello", or "no reply"
  std::string log;    // "A-in > B > A-out"
  lab::http::Headers headers{};
};

class Site {
 public:
  using Build = std::function<void(App&, Site&)>;
  explicit Site(const Build& build, AppOptions options = {});

  // "GET /order". An entry that is `awaited` is in the log when this returns, also where
  // it came after the client had left.
  Seen visit(const std::string& request, lab::http::Headers headers = {},
             milliseconds patience = std::chrono::seconds(10),
             std::string_view awaited = {});
  std::string log() const;

  // For layers.
  void note(std::string entry);
  void run_after(milliseconds delay, std::function<void()> call);
  Pause pause(milliseconds delay);

 private:
  Observers observers();
  void settle();  // until what the server's thread does now is done
  void await(std::string_view entry);

  mutable std::mutex mutex_;
  std::condition_variable noted_;
  std::vector<std::string> log_;
  std::vector<lab::trace::Span> spans_;
  App app_;
  lab::http::Server server_;  // after the app: it goes first
  lab::http::Client client_;
};

// Many small layers for as many requests: the same as in node.mjs.
void build_roads(App& app, Site& site);

}  // namespace lab10
