// studio.hpp: the studio's server: pages, recorded runs, and live ones for many viewers.
//
//   browser <-- HTTP, WebSocket --> Studio --> StudioRun --> a lab's own program
//                                      \-- RunStore (files) --> every viewer reads there
//
// A viewer is sent a run from its file, live or not: how slow a viewer is costs neither
// the lab nor our memory. One that is far behind a live run is sent the story only until
// it is near again, and told what it missed.
//
// Threads   None: all is on the Loop's thread.
// Security  See pages.hpp (who may ask) and facts/lab_facts.hpp (for what).
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "lab/net/websocket.hpp"
#include "studio/answers.hpp"
#include "studio/mock.hpp"
#include "studio/pages.hpp"
#include "studio/plan.hpp"
#include "studio/run.hpp"

namespace runner {

class Viewer;

struct StudioOptions {
  Place place{};
  std::filesystem::path data = data_folder();  // runs/, bench/, drill.json
  std::filesystem::path web{};
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::string token{};
  RunLimits limits{};
  StoreLimits store{};
  std::size_t at_once = 4;
  std::size_t viewers = 32;
  lab::websocket::Options socket{};  // but its address, which is the one above
  std::uintmax_t behind = 4u << 20;  // bytes, from which on a viewer is too slow
};

class Studio {
 public:
  explicit Studio(StudioOptions options);
  ~Studio();

  // Waits for what comes, at most so long, and does it.
  void turn(std::chrono::milliseconds at_most = std::chrono::milliseconds(500));

  std::uint16_t port() const { return server_->port(); }
  std::vector<std::string> urls() const;  // the best first
  lab::websocket::Loop& loop() { return loop_; }
  const RunStore& store() const { return store_; }
  std::size_t running() const { return runs_.size(); }

  // --- for viewers
  const RunCard& start(const Json& message);
  // A drill's scenario: `by` hears what its run says.
  const RunCard& ask(const DrillItem& item, const std::string& answer,
                     std::weak_ptr<Viewer> by);
  StudioRun* live(std::string_view run);
  LabFacts& facts() { return facts_; }
  StudioDrill& drill() { return drill_; }
  StudioMock& mock() { return mock_; }
  const StudioPlan& plan() const { return plan_; }
  const Lab& lab(const std::string& number) const;
  const StudioOptions& options() const { return options_; }

 private:
  struct Question {
    DrillItem item;
    std::string said;
    std::weak_ptr<Viewer> by;
  };

  std::optional<lab::websocket::Page> gate(const lab::websocket::Request& request);
  std::shared_ptr<lab::websocket::Session> welcome(const lab::websocket::Peer& peer,
                                                   const std::string& target);
  const RunCard& begin(const Lab& lab, std::vector<std::string> args, Json knobs,
                       bool live);
  void turn_runs();
  void judge(const RunCard& card);
  void tell(const std::string& run, const Json& what);

  StudioOptions options_;
  Catalog catalog_;
  RunStore store_;
  LabFacts facts_;
  StudioDrill drill_;
  StudioMock mock_;
  StudioPlan plan_;
  StudioAnswers answers_;
  StudioPages pages_;
  lab::websocket::Loop loop_;
  std::list<std::unique_ptr<StudioRun>> runs_;
  std::map<std::string, Question> questions_;  // by the run that will answer it
  std::vector<std::weak_ptr<Viewer>> viewers_;
  std::unique_ptr<lab::websocket::Server> server_;  // last: it refers to all the others
};

}  // namespace runner
