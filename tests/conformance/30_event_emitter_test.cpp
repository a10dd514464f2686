// Random scripts of a hundred operations, in which listeners add, remove, emit, throw and
// return promises as well: our emitter and Node's must write the same log. And the lab's
// twin says what the lab says.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <set>

#include "event_emitter.hpp"
#include "support/places.hpp"
#include "support/played.hpp"

namespace lab30 {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Log = std::vector<std::string>;

constexpr Event<int> a{"a"}, b{"b"}, c{"c"};

std::string message(const std::exception_ptr& problem) {
  try {
    std::rethrow_exception(problem);
  } catch (const std::exception& exception) {
    return exception.what();
  }
}

std::string text(int value) {
  return std::to_string(value);
}
std::string text(const std::exception_ptr& problem) {
  return message(problem);
}

// Plays one script on our emitter.
class Player {
 public:
  explicit Player(const json& script) {
    Promise::on_unhandled = [this](const std::exception_ptr& reason) {
      unhandled_.push_back(message(reason));
    };
    if (script["captures"])
      options_.capture_rejections = [this](std::function<void()> call) {
        ticks_.push_back(std::move(call));
      };
    emitter_.emplace(options_);
    for (const json& each : script["listeners"]) make_listener(each);
    for (const json& op : script["ops"]) op[0] == "quiet" ? quiet() : guarded(op);
    quiet();
  }
  Log log;

 private:
  struct Both {  // one listener of the script, for events of either type
    Listener<int> of_values;
    Listener<std::exception_ptr> of_errors;
    const auto& as(const Event<int>&) const { return of_values; }
    const auto& as(const Event<std::exception_ptr>&) const { return of_errors; }
  };

  // Until every tick, and what the ticks have brought, is done.
  void quiet() {
    while (!ticks_.empty()) {
      const auto tick = std::move(ticks_.front());
      ticks_.pop_front();
      try {
        tick();
      } catch (const std::exception& exception) {
        log.push_back(fmt::format("uncaught {}", exception.what()));
      }
    }
    std::ranges::sort(unhandled_);
    if (!unhandled_.empty())
      log.push_back(fmt::format("unhandled {}", fmt::join(unhandled_, " ")));
    unhandled_.clear();
  }

  // False: deep enough.
  bool heard(const json& script, std::size_t number, const std::string& value) {
    log.push_back(fmt::format("L{}({})", number, value));
    if (depth_ >= 3 || ++calls_ > 300) return false;
    struct Deeper {
      int& depth;
      explicit Deeper(int& now) : depth(now) { ++depth; }
      ~Deeper() { --depth; }
    };
    {
      const Deeper deeper(depth_);
      for (const json& op : script["does"])
        script["guards"].get<bool>() ? guarded(op) : act(op);
    }
    if (script["throws"]) throw std::runtime_error(fmt::format("L{}", number));
    return true;
  }

  Promise heard_async(const json& script, std::size_t number, const std::string& value) {
    Promise promise;
    try {
      if (!heard(script, number, value)) return Promise::none();
      pending_.push_back(promise);
    } catch (...) {
      promise.reject(std::current_exception());
    }
    return promise;
  }

  void make_listener(const json& script) {
    const auto number = listeners_.size();
    const auto call = [this, script, number](const auto& value) {
      heard(script, number, text(value));
    };
    const auto call_async = [this, script, number](const auto& value) {
      return heard_async(script, number, text(value));
    };
    if (script["async"])
      listeners_.push_back(
          {listener<int>(call_async), listener<std::exception_ptr>(call_async)});
    else
      listeners_.push_back({listener<int>(call), listener<std::exception_ptr>(call)});
  }

  void settle(const std::string& verb, int number) {
    if (pending_.empty()) return;
    const Promise first = pending_.front();
    pending_.pop_front();
    if (verb == "fulfill") return first.fulfill();
    first.reject(std::make_exception_ptr(std::runtime_error(fmt::format("R{}", number))));
  }

  void guarded(const json& op) {
    try {
      act(op);
    } catch (const std::exception& exception) {
      log.push_back(fmt::format("thrown {}", exception.what()));
    }
  }

  void act(const json& op) {
    const std::string verb = op[0];
    const std::string name = op.size() > 1 ? op[1] : "";
    const int number = op.size() > 2 ? op[2].get<int>() : 0;
    if (verb == "offEverything") return emitter_->off_all();
    if (verb == "limit")
      return emitter_->set_max_listeners(static_cast<std::size_t>(number));
    if (verb == "names") return names();
    if (verb == "reject" || verb == "fulfill") return settle(verb, number);
    for (const auto* event : {&a, &b, &c})
      if (name == event->name) return act(verb, *event, number, number);
    for (const auto* event : {&error, &error_monitor})
      if (name == event->name)
        return act(
            verb, *event, number,
            std::make_exception_ptr(std::runtime_error(fmt::format("E{}", number))));
    throw std::logic_error("unknown event: " + op.dump());
  }

  void names() {
    // A Symbol comes last in Node, whenever it was added.
    std::vector<std::string_view> names = emitter_->event_names();
    std::erase(names, error_monitor.name);
    log.push_back(fmt::format("names {}", fmt::join(names, " ")));
  }

  template <class T>
  void act(const std::string& verb, const Event<T>& event, int number, const T& value) {
    if (verb == "emit" || verb == "fail") {
      const bool heard = emitter_->emit(event, value);
      log.push_back(fmt::format("{} {} {} -> {}", verb, event.name, number, heard));
      return;
    }
    if (verb == "offAll") return emitter_->off_all(event);
    if (verb == "count")
      return log.push_back(
          fmt::format("count {} {}", event.name, emitter_->listener_count(event)));
    const auto& who = listeners_.at(static_cast<std::size_t>(number)).as(event);
    if (verb == "on") emitter_->on(event, who);
    if (verb == "once") emitter_->once(event, who);
    if (verb == "prepend") emitter_->prepend(event, who);
    if (verb == "prependOnce") emitter_->prepend_once(event, who);
    if (verb == "off") emitter_->off(event, who);
  }

  EmitterOptions options_{.on_warning = [this](const LeakWarning& warning) {
    log.push_back(fmt::format("warning {} {}", warning.event, warning.listeners));
  }};
  std::deque<std::function<void()>> ticks_;
  std::vector<std::string> unhandled_;
  std::deque<Promise> pending_;
  std::optional<EventEmitter> emitter_;
  std::vector<Both> listeners_;
  int depth_ = 0;
  int calls_ = 0;
};

// A hundred operations; every kind of them may also be what a listener does.
class RandomScript {
 public:
  explicit RandomScript(unsigned seed) : random_(seed) {
    json listeners = json::array(), ops = json::array();
    for (int i = 0; i < kListeners; ++i) {
      json does = json::array();
      for (auto count = below(3); count > 0; --count)
        does.push_back(i < kMonitors ? addition() : op());
      listeners.push_back({{"does", does},
                           {"async", below(3) == 0},
                           {"throws", below(12) == 0},
                           {"guards", below(2) == 0}});
    }
    for (int i = 0; i < 100; ++i)
      ops.push_back(below(12) == 0 ? json::array({"quiet"}) : op());
    script = {{"captures", below(2) == 0}, {"listeners", listeners}, {"ops", ops}};
  }
  json script;

 private:
  static constexpr int kListeners = 8;
  // Those that listen to errorMonitor only add. Where a monitor takes off the emitter's last
  // listener, Node goes on with a table that it has already thrown away.
  static constexpr int kMonitors = 2;

  int below(int limit) {
    return static_cast<int>(random_() % static_cast<unsigned>(limit));
  }

  json addition() {
    static const std::vector<std::string> adders = {"on",   "on",      "on",
                                                    "once", "prepend", "prependOnce"};
    const std::string name = event();
    if (name == error_monitor.name) return {"on", name, below(kMonitors)};
    return {adders[random_() % adders.size()], name, below(kListeners)};
  }

  json op() {
    const int kind = below(100);
    if (kind < 45) return addition();
    if (kind < 57) return {"off", event(), below(kListeners)};
    if (kind < 80) return emission();
    if (kind < 84) return {"offAll", event()};
    if (kind < 85) return json::array({"offEverything"});
    if (kind < 87) return {"limit", "", below(4)};
    if (kind < 91) return {"reject", "", below(100)};
    if (kind < 92) return json::array({"fulfill"});
    if (kind < 95) return {"count", event()};
    return json::array({"names"});
  }

  json emission() {
    const std::string name = event();
    const bool fails = name.starts_with("error");
    return {fails ? "fail" : "emit", name, below(100)};
  }

  std::string event() {
    const int kind = below(20);
    return kind < 16   ? std::string(1, "abc"[kind % 3])
           : kind < 19 ? "error"
                       : "errorMonitor";
  }

  std::mt19937 random_;
};

std::vector<Log> play_in_node(const json& scripts) {
  return json::parse(lab::test::answer_of_node("30_events.mjs", scripts.dump()))
      .get<std::vector<Log>>();
}

using EventEmitterBesideNode = lab::test::BesideNode;

void expect_equal(const Log& ours, const Log& theirs, const json& script, unsigned seed) {
  const auto [our, their] = std::ranges::mismatch(ours, theirs);
  const auto line = our - ours.begin();
  const auto upto = [&](const Log& log) {
    const auto from = log.begin() + std::max<std::ptrdiff_t>(0, line - 6);
    const auto end = log.begin() + std::min(std::ssize(log), line + 4);
    return Log(from, end);
  };
  EXPECT_TRUE(our == ours.end() && their == theirs.end())
      << "seed " << seed << ", line " << line << "\nours   " << json(upto(ours)).dump()
      << "\ntheirs " << json(upto(theirs)).dump() << "\n"
      << script.dump();
}

TEST_F(EventEmitterBesideNode, RandomScriptsOfAHundredOperationsWriteTheSameLog) {
  constexpr unsigned kScripts = 500;
  json scripts = json::array();
  for (unsigned seed = 1; seed <= kScripts; ++seed)
    scripts.push_back(RandomScript(seed).script);
  const auto theirs = play_in_node(scripts);
  ASSERT_EQ(theirs.size(), kScripts);
  std::map<std::string, int> seen;  // so that no kind of line is missing by accident
  for (unsigned i = 0; i < kScripts; ++i) {
    const Log ours = Player(scripts[i]).log;
    expect_equal(ours, theirs[i], scripts[i], i + 1);
    if (HasFailure()) return;
    for (const auto& line : ours)
      ++seen[line.starts_with('L') ? "call" : line.substr(0, line.find(' '))];
  }
  for (const char* kind : {"call", "emit", "fail", "count", "names", "warning", "thrown",
                           "uncaught", "unhandled"})
    EXPECT_GT(seen[kind], 200) << kind;
}

TEST_F(EventEmitterBesideNode, AnotherOrderWouldBeNoticed) {
  json script = RandomScript(1).script;
  script["ops"] = json::parse(R"([["on","a",0],["on","a",1],["emit","a",1]])");
  const json quiet_one = {
      {"does", json::array()}, {"async", false}, {"throws", false}, {"guards", true}};
  script["listeners"] = {quiet_one, quiet_one};
  const auto theirs = play_in_node(json::array({script}));
  EXPECT_EQ(theirs.front(), (Log{"L0(1)", "L1(1)", "emit a 1 -> true"}));
  EXPECT_EQ(Player(script).log, theirs.front());
  script["ops"][1][0] = "prepend";
  EXPECT_NE(Player(script).log, theirs.front());
}

TEST_F(EventEmitterBesideNode, TheTwinSaysWhatTheLabSays) {
  const auto lab = lab::test::play("30_event_emitter", {"--quick"});
  auto theirs = lab::test::twin("30_event_emitter");
  const auto& ours = lab.table("Node plays this too").rows;
  EXPECT_GE(ours.size(), 10u);
  for (const auto& row : ours) EXPECT_EQ(theirs[row[0]], row[1]) << row[0];
}

}  // namespace
}  // namespace lab30
