// site.hpp: a web server on one loop, four requests that can block it, and their cures.
//
//   GET /ping               "pong"
//   GET /sum/worker         an offence and a cure: its result, when it is done
//   GET /work               a little of `sum`, on the loop: for overload
//
// A request that comes while the loop lags more than `limit` gets 503 and nothing else.
//
// Threads   The loop's; with Cure::worker one more.
// Lifetime  Must go before its loop. REQUIRES: a file that is a pipe has a writer.
// Errors    404 for what is not offered, 500 for a job that failed, 503 for too much.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "client.hpp"
#include "lab/immediates.hpp"
#include "loop_delay.hpp"
#include "server.hpp"
#include "sliced.hpp"
#include "worker.hpp"

namespace lab23 {

enum class Offence { sum, file, regex, json };

enum class Cure {
  none,            // on the loop, in one go
  async_function,  // the same, with a promise for an answer
  ticks,           // in slices, the rest by process.nextTick
  promises,        // in slices, the rest by a promise's then
  cut,             // in slices, the rest by setImmediate; asynchronous; another engine
  worker,          // on another thread
  process,         // in another process, over HTTP
};

inline constexpr Offence kOffences[] = {Offence::sum, Offence::file, Offence::regex,
                                        Offence::json};
std::string_view name(Offence offence);
std::string_view name(Cure cure);

struct SiteConfig {
  std::uint64_t steps = 0;       // of `sum`
  std::filesystem::path file{};  // for `file`
  std::size_t letters = 20;      // that `regex` is asked about
  std::size_t elements = 0;      // of the document for `json`
  std::uint64_t small = 0;       // steps of /work
  std::chrono::nanoseconds slice = std::chrono::milliseconds(5);
  std::chrono::nanoseconds limit{};  // of the lag; zero: none
  std::uint16_t service = 0;         // port of another Site, for Cure::process
};

struct SiteObservers {
  std::function<void()> on_begin = [] {};  // an offence begins
  std::function<void()> on_end = [] {};    // its result is there
};

class Site {
 public:
  Site(lab::uv::Loop& loop, SiteConfig config, SiteObservers observers = {});

  std::uint16_t port() { return server_.port(); }
  SiteConfig& config() { return config_; }
  std::uint64_t slices() const { return slices_; }  // that were deferred, so far
  std::uint64_t refused() const { return refused_; }

  // How late the loop is: its timer, or how long the callbacks of this turn have lasted.
  std::chrono::nanoseconds lag() const;

 private:
  using Result = std::optional<std::uint64_t>;  // none: the job failed
  using Done = std::function<void(Result)>;

  void handle(const Request& request, const Server::Reply& reply);
  void offend(Offence offence, Cure cure, const Done& done);
  std::function<std::uint64_t()> job(Offence offence);
  void sliced(Offence offence, Defer defer, const Done& done);
  void on_pool(std::function<std::uint64_t()> job, const Done& done);
  void elsewhere(Offence offence, const Done& done);
  const std::string& document();

  lab::uv::Loop& loop_;
  SiteConfig config_;
  const SiteObservers observers_;
  std::string document_{};
  std::uint64_t slices_ = 0;
  std::uint64_t refused_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
  std::list<Fetch> asked_{};  // of the service
  lab::uv::Immediates immediates_{loop_};
  Ticks ticks_{};
  LoopDelay delay_{loop_};
  Worker worker_{loop_};
  Server server_;  // last: its handler uses all of the above
};

}  // namespace lab23
