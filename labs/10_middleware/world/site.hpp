// site.hpp: an App behind a real HTTP server, its one client, and the log of its middleware.
//
// Threads   Middleware runs on the server's thread; visit() waits until it has returned.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "middleware.hpp"

namespace lab10 {

using std::chrono::milliseconds;

struct Visit {
  std::string
      reply;        // "200 hello"; "no reply" in time; "empty reply": the server is gone
  std::string log;  // "A-in > B > A-out"
  lab::http::Headers headers{};
};

class Site {
 public:
  using Build = std::function<void(App&, Site&)>;
  explicit Site(const Build& build, bool handles_rejections = true);

  // Sends "GET /order" and waits for the reply as long as its patience lasts, then until
  // `last_note` is in the log: a busy server may see a request when its client has left.
  Visit visit(const std::string& request, lab::http::Headers headers = {},
              milliseconds patience = std::chrono::seconds(10),
              const std::string& last_note = {});

  // Whether the picture shows what comes now, and under which heading.
  void draw(bool drawn, std::string_view heading = {});

  // For middleware.
  void note(std::string entry);
  void run_after(milliseconds delay, std::function<void()> call);
  Promise reject_after(milliseconds delay, std::string message);

 private:
  AppOptions options(bool handles_rejections);
  void handle(const lab::http::Request& request, lab::http::Server::Reply reply);

  void arrow(std::string_view label, std::string_view from, std::string_view to,
             lab::Where where = lab::Where::here());

  std::atomic<bool> drawn_ = true;
  std::mutex mutex_;
  std::condition_variable noted_;
  std::vector<std::string> log_;
  std::vector<std::string> running_;  // the middleware that has not returned yet
  std::string sender_;                // the middleware that was entered last
  App app_;
  lab::http::Server server_;  // after the app, so that it goes first
  lab::http::Client client_;
};

}  // namespace lab10
