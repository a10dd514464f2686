// Random scripts of a hundred operations, in which listeners add, remove, emit and throw
// as well: our emitter and Node's must write the same log. And the lab's twin says what
// the lab says.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "../support/played.hpp"
#include "event_emitter.hpp"

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
    for (const json& each : script["listeners"]) make_listener(each);
    for (const json& op : script["ops"]) guarded(op);
  }
  Log log;

 private:
  struct Both {  // one listener of the script, for events of either type
    ListenerRef<int> of_values;
    ListenerRef<std::exception_ptr> of_errors;
    const auto& as(const Event<int>&) const { return of_values; }
    const auto& as(const Event<std::exception_ptr>&) const { return of_errors; }
  };

  void make_listener(const json& script) {
    const auto number = listeners_.size();
    const auto call = [this, script, number](const auto& value) {
      log.push_back(fmt::format("L{}({})", number, text(value)));
      if (depth_ >= 3 || ++calls_ > 300) return;
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
    };
    listeners_.push_back({listener<int>(call), listener<std::exception_ptr>(call)});
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
    if (verb == "offEverything") return emitter_.off_all();
    if (verb == "limit")
      return emitter_.set_max_listeners(static_cast<std::size_t>(number));
    if (verb == "names") return names();
    if (verb == "watch") return watch(name);
    for (const auto* event : {&a, &b, &c})
      if (name == event->name) return act(verb, *event, number, number);
    if (name == error.name)
      return act(verb, error, number,
                 std::make_exception_ptr(std::runtime_error(fmt::format("E{}", number))));
    throw std::logic_error("unknown event: " + op.dump());
  }

  // Without errorMonitor: a Symbol in Node, it stands behind all strings, however old.
  void names() {
    auto names = emitter_.event_names();
    std::erase(names, error_monitor.name);
    log.push_back(fmt::format("names {}", fmt::join(names, " ")));
  }

  // Only writes. (What a monitor may do to the listeners of an error in progress differs:
  // in Node it depends on whether the last event of all was removed.)
  void watch(const std::string& name) {
    if (name == error_monitor.name) {
      emitter_.on(error_monitor, [this](const std::exception_ptr& problem) {
        log.push_back("errorMonitor " + message(problem));
      });
      return;
    }
    const auto& event = name == new_listener.name ? new_listener : remove_listener;
    emitter_.on(event, [this, &event](std::string_view what) {
      if (what != error_monitor.name)
        log.push_back(fmt::format("{} {}", event.name, what));
    });
  }

  template <class T>
  void act(const std::string& verb, const Event<T>& event, int number, const T& value) {
    if (verb == "emit" || verb == "fail") {
      const bool heard = emitter_.emit(event, value);
      log.push_back(fmt::format("{} {} {} -> {}", verb, event.name, number, heard));
      return;
    }
    if (verb == "offAll") return emitter_.off_all(event);
    if (verb == "count")
      return log.push_back(
          fmt::format("count {} {}", event.name, emitter_.listener_count(event)));
    const auto& who = listeners_.at(static_cast<std::size_t>(number)).as(event);
    if (verb == "on") emitter_.on(event, who);
    if (verb == "once") emitter_.once(event, who);
    if (verb == "prepend") emitter_.prepend(event, who);
    if (verb == "prependOnce") emitter_.prepend_once(event, who);
    if (verb == "off") emitter_.off(event, who);
  }

  EventEmitter emitter_{{.on_warning = [this](const LeakWarning& warning) {
    log.push_back(fmt::format("warning {} {}", warning.event, warning.listeners));
  }}};
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
      for (auto count = below(3); count > 0; --count) does.push_back(op());
      listeners.push_back(
          {{"does", does}, {"throws", below(12) == 0}, {"guards", below(2) == 0}});
    }
    for (int i = 0; i < 100; ++i) ops.push_back(op());
    script = {{"listeners", listeners}, {"ops", ops}};
  }
  json script;

 private:
  static constexpr int kListeners = 8;

  int below(int limit) {
    return static_cast<int>(random_() % static_cast<unsigned>(limit));
  }

  json op() {
    static const std::vector<std::string> adders = {"on",   "on",      "on",
                                                    "once", "prepend", "prependOnce"};
    static const std::vector<std::string> watched = {"newListener", "removeListener",
                                                     "errorMonitor"};
    const int kind = below(100);
    if (kind < 45) return {adders[random_() % adders.size()], event(), below(kListeners)};
    if (kind < 57) return {"off", event(), below(kListeners)};
    if (kind < 80) return emission();
    if (kind < 84) return {"offAll", event()};
    if (kind < 85) return json::array({"offEverything"});
    if (kind < 88) return {"limit", "", below(4)};
    if (kind < 93) return {"count", event()};
    if (kind < 97) return json::array({"names"});
    return {"watch", watched[random_() % watched.size()]};
  }

  json emission() {
    const std::string name = event();
    const bool fails = name.starts_with("error");
    return {fails ? "fail" : "emit", name, below(100)};
  }

  std::string event() {
    const int kind = below(20);
    return kind < 18 ? std::string(1, "abc"[kind % 3]) : "error";
  }

  std::mt19937 random_;
};

std::vector<Log> play_in_node(const json& scripts) {
  auto name = (std::filesystem::temp_directory_path() / "scripts-XXXXXX").string();
  close(mkstemp(name.data()));
  std::ofstream(name) << scripts;
  const std::string out = lab::test::output_of_node(
      {"--no-warnings", LAB_SOURCE_DIR "/tests/conformance/30_events.mjs", name});
  std::filesystem::remove(name);
  return json::parse(out).get<std::vector<Log>>();
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
                           "newListener", "removeListener"})
    EXPECT_GT(seen[kind], 200) << kind;
}

TEST_F(EventEmitterBesideNode, AnotherOrderWouldBeNoticed) {
  json script = RandomScript(1).script;
  script["ops"] = json::parse(R"([["on","a",0],["on","a",1],["emit","a",1]])");
  script["listeners"] = json::parse(
      R"([{"does":[],"throws":false,"guards":true},{"does":[],"throws":false,"guards":true}])");
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
