// Lab 10 beside Express 5: random apps answer random requests by the same middleware, with
// the same parameters, errors and replies. And the lab's twin says what the lab says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>
#include <random>

#include "middleware.hpp"
#include "support/places.hpp"
#include "support/played.hpp"

namespace lab10 {
namespace {

using namespace lab::test;
using nlohmann::json;
using Log = std::vector<std::string>;

// Plays one script on our App.
class Player {
 public:
  explicit Player(const json& script) {
    int number = 0;
    for (const json& layer : script["layers"]) add(layer, number++);
  }

  Log ask(const std::string& method, const std::string& target) {
    log_.clear();
    std::string reply = "no reply";
    app_.handle(
        {.method = method, .target = target}, [&](const lab::http::Response& response) {
          const std::string set =
              response.headers.empty() ? "" : " " + response.headers.back().second;
          reply = fmt::format("{} {}{}", response.status,
                              method == "HEAD" ? "" : response.body, set);
        });
    while (!rejections_.empty() || !waits_.empty()) {  // microtasks first, as in Node
      auto& queue = rejections_.empty() ? waits_ : rejections_;
      const auto call = std::move(queue.front());
      queue.pop_front();
      call();
    }
    while (reply.ends_with(' ')) reply.pop_back();
    log_.push_back(reply);
    return log_;
  }

 private:
  using Failing = std::function<void()>;

  void add(const json& script, int number) {
    const bool async = script["async"];
    const auto plain = [=, this](const Error* error, Request& request, Response& response,
                                 const Next& next) {
      enter(number, error, request);
      for (const json& op : script["does"]) act(op, number, response, next);
    };
    const auto waiting = [=, this](const Error* error, Request& request,
                                   Response& response, const Next& next) {
      const Promise promise;
      const auto guarded = [this, promise](const Failing& call) {
        try {
          call();
        } catch (...) {
          const Error why = caught();
          rejections_.push_back([promise, why] { EXPECT_TRUE(promise.reject(why)); });
          return false;
        }
        return true;
      };
      const bool returned = guarded([&] { plain(error, request, response, next); });
      if (!returned || script["then"].empty()) return promise;
      waits_.push_back([=, &response] {
        guarded([&] {
          for (const json& op : script["then"]) act(op, number, response, next);
        });
      });
      return promise;
    };
    const auto with = [&](auto call) {
      if (script["takesErrors"])
        return add(script,
                   [call](const Error& error, Request& request, Response& response,
                          Next next) { return call(&error, request, response, next); });
      add(script, [call](Request& request, Response& response, Next next) {
        return call(nullptr, request, response, next);
      });
    };
    if (async) return with(waiting);
    with(plain);
  }
  template <class F>
  requires(!std::same_as<F, int>) void add(const json& script, F handler) {
    if (script["route"]) return app_.get("", script["path"], std::move(handler));
    app_.use("", script["path"], std::move(handler));
  }

  static Error caught() {
    try {
      throw;
    } catch (const Error& error) {
      return error;
    } catch (const std::exception& error) {
      return {error.what()};
    }
  }

  void enter(int number, const Error* error, const Request& request) {
    std::string line = std::to_string(number) + " ";
    for (const auto& [name, value] : request.params) {
      if (!line.ends_with(' ') || line.find('=') != std::string::npos) line += ' ';
      line += name + "=" + value;
    }
    if (error) line += " (" + error->message + ")";
    log_.push_back(line);
  }

  static void act(const json& op, int number, Response& response, const Next& next) {
    const std::string verb = op[0];
    const auto error = [&] {
      Error made{fmt::format("{} {}", verb, number)};
      if (op[1] != 0) made.status = op[1];
      return made;
    };
    if (verb == "next") return next();
    if (verb == "fail") return next(error());
    if (verb == "throw") throw error();
    if (verb == "status") return void(response.status(op[1]));
    if (verb == "set") return void(response.set("x-set", op[1]));
    response.send(op[1]);
  }

  Log log_;
  std::deque<Failing> rejections_, waits_;
  App app_;
};

// An app and the requests to it. Either its middleware call next() and reply as often as
// they like, or they wait: where both come together, Express lets what waits reply before
// the 404.
class RandomScript {
 public:
  explicit RandomScript(unsigned seed) : random_(seed), waits_(below(2) == 0) {
    json layers = json::array(), requests = json::array();
    for (int i = 2 + below(9); i > 0; --i) layers.push_back(layer());
    for (unsigned i = 0; i < kRequests; ++i) {
      requests.push_back({{"method", pick({"GET", "GET", "GET", "GET", "HEAD", "POST"})},
                          {"target", target()}});
    }
    script = {{"layers", layers}, {"requests", requests}};
  }
  static constexpr unsigned kRequests = 12;
  json script;

 private:
  using Words = std::vector<const char*>;

  int below(int limit) {
    return static_cast<int>(random_() % static_cast<unsigned>(limit));
  }
  std::string pick(const Words& words) { return words[random_() % words.size()]; }

  json layer() {
    const bool async = below(3) == 0;
    json does = json::array(), then = json::array();
    if (!waits_) {
      while (below(4) == 0) does.push_back(setting());
      for (int i = below(4); i > 0; --i) does.push_back(ending());
      if (below(2) == 0) does.push_back({"next", 0});
    } else {
      while (below(4) == 0) does.push_back(setting());
      if (!async || below(2) == 0) {
        if (below(6) != 0) does.push_back(ending());
      } else {
        then.push_back(ending());
      }
    }
    return {{"route", below(3) == 0},
            {"path", pick(kPatterns)},
            {"takesErrors", below(4) == 0},
            {"async", async},
            {"does", does},
            {"then", then}};
  }
  json setting() {
    if (below(2) == 0) return {"set", pick({"one", "two"})};
    return {"status", std::vector{201, 201, 403, 404, 500, 99, 1000}[random_() % 7]};
  }
  json ending() {
    const int kind = below(10);
    if (kind < 5) return {"next", 0};
    if (kind < 7) return {"send", pick({"hello", "bye"})};
    const int status = std::vector{0, 0, 404, 503, 200, 999, 399, 600}[random_() % 8];
    return {kind == 7 ? "fail" : "throw", status};
  }

  std::string target() {
    std::string made;
    for (int i = below(3); i >= 0; --i) made += "/" + pick(kSegments);
    if (below(5) == 0) made += '/';
    if (below(8) == 0) made += "?q=%zz/a";
    return made;
  }

  static inline const Words kPatterns = {"/",
                                         "/",
                                         "/",
                                         "/a",
                                         "/A/",
                                         "/a/b",
                                         "/:x",
                                         "/:x",
                                         "/a/:x",
                                         "/:x/:y",
                                         "/:x/b",
                                         "/a:x",
                                         "/:x.json",
                                         "/:x-:y",
                                         "/:x--:y",
                                         "/:x.:x",
                                         "/v:x-:y.json",
                                         "/:x-:y-:z",
                                         "/:x/:y.json/",
                                         "/%41"};
  static inline const Words kSegments = {"a",
                                         "a",
                                         "b",
                                         "A",
                                         "B",
                                         "",
                                         "1-2-3",
                                         "f.json",
                                         "a.json.json",
                                         "--",
                                         "---",
                                         "x--",
                                         "x--y",
                                         "x---y",
                                         "-",
                                         ".json",
                                         "a.b.c",
                                         "v1-2.json",
                                         "V-.JSON",
                                         "%41",
                                         "%zz",
                                         "%",
                                         "%C3%A9",
                                         "%c3",
                                         "%ff",
                                         "%2F",
                                         "%E2%82%AC",
                                         "%ED%A0%80",
                                         "%C0%80",
                                         "%F0%9F%98%80",
                                         "%F5%80%80%80",
                                         "a%2"};

  std::mt19937 random_;
  const bool waits_;
};

std::vector<Log> play_in_express(const json& scripts) {
  return json::parse(answer_of_node("10_express.mjs", scripts.dump()))
      .get<std::vector<Log>>();
}

class MiddlewareBesideExpress : public BesideNode {
 protected:
  MiddlewareBesideExpress() : BesideNode("express") {}
};

TEST_F(MiddlewareBesideExpress, SevenThousandRandomRequestsAreAnsweredTheSameWay) {
  constexpr unsigned kScripts = 600;
  json scripts = json::array();
  for (unsigned seed = 1; seed <= kScripts; ++seed)
    scripts.push_back(RandomScript(seed).script);
  const auto theirs = play_in_express(scripts);
  ASSERT_EQ(theirs.size(), kScripts * RandomScript::kRequests);
  std::map<std::string, int> seen;  // so that no kind of reply is missing by accident
  auto expected = theirs.begin();
  for (unsigned i = 0; i < kScripts; ++i) {
    Player player(scripts[i]);
    for (const json& request : scripts[i]["requests"]) {
      const Log ours = player.ask(request["method"], request["target"]);
      ASSERT_EQ(json(ours).dump(), json(*expected++).dump())
          << "seed " << i + 1 << ", " << request.dump() << "\n"
          << scripts[i]["layers"].dump(1);
      ++seen[ours.back().substr(0, 3)];
    }
  }
  for (const char* kind : {"200", "201", "400", "403", "404", "500", "503", "no "})
    EXPECT_GT(seen[kind], 30) << kind;
}

TEST_F(MiddlewareBesideExpress, EachRequestRunsTheSameMiddlewareInTheSameOrder) {
  const Rows express = twin("10_middleware");
  EXPECT_EQ(express.size(), 17u);
  EXPECT_EQ(play("10_middleware", {"--scene", "order"}).rows(" | "), express);
}

}  // namespace
}  // namespace lab10
