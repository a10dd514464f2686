// Lab 15's model of a browser beside a real one: Chromium loads a page of ours and a page of
// another origin, and both call the same API.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <set>

#include "guards/cors.hpp"
#include "lab/os/process.hpp"
#include "support/own_run.hpp"
#include "world/caller.hpp"

namespace lab15 {
namespace {

using namespace std::chrono_literals;
using lab::http::Server;

constexpr std::pair<const char*, const char*> kCases[] = {
    {"simple", "text/plain"},
    {"form", "application/x-www-form-urlencoded"},
    {"json", "application/json"},
};

// Calls the API in each way, one after the other, and writes on itself what it could read.
std::string page(std::uint16_t api) {
  std::string calls;
  for (const auto& [name, type] : kCases)
    calls += fmt::format("['{}','{}'],", name, type);
  return fmt::format(R"(<!doctype html><title>page</title><body><script>
    (async () => {{
      const seen = [];
      for (const [name, type] of [{}]) {{
        const can = await fetch('http://127.0.0.1:{}/' + name, {{method: 'POST', body: '{{}}',
          headers: {{'Content-Type': type}}}}).then((r) => r.text()).then(() => 'read', () => 'not');
        seen.push(name + '=' + can);
      }}
      document.body.textContent = 'SEEN ' + seen.join(' ') + ' END';
    }})();
  </script>)",
                     calls, api);
}

// The API with CORS alone; which of its targets reached the handler.
class OpenApi {
 public:
  void allow(const std::string& origin) { policy_.origins = {origin}; }
  std::uint16_t port() const { return server_.port(); }
  std::set<std::string> take_ran() {
    const std::lock_guard lock(mutex_);
    return std::exchange(ran_, {});
  }

 private:
  Response serve(const Request& request) {
    Api api([this](const Exchange& exchange) {
      const std::lock_guard lock(mutex_);
      ran_.insert(exchange.request.target.substr(1));
      return Response{.body = "secret"};
    });
    api.use(cors(policy_));
    return api.handle(request);
  }

  CorsPolicy policy_{};
  std::mutex mutex_;
  std::set<std::string> ran_;
  Server server_{[this](const Request& request, const Server::Reply& reply) {
    reply(serve(request));
  }};
};

class Chromium : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* folder : {"/usr/bin/", "/usr/local/bin/"})
      if (std::filesystem::exists(std::string(folder) + "chromium")) return;
    if (std::getenv("CI")) FAIL() << "needs chromium: apt install chromium";
    GTEST_SKIP() << "needs chromium: apt install chromium";
  }

  // What the page writes on itself, as the browser shows it.
  std::string seen_at(std::uint16_t port) {
    const lab::Exit exit =
        lab::Child::run(
            {"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
             "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync",
             "--user-data-dir=" + run_.folder() + "/" + std::to_string(port),
             "--virtual-time-budget=20000", "--dump-dom",
             fmt::format("http://127.0.0.1:{}/", port)},
            {.deadline = 60s})
            .wait();
    const auto begin = exit.out.find("SEEN "), end = exit.out.find(" END");
    if (end == exit.out.npos) return "nothing: " + exit.out + exit.err;
    return exit.out.substr(begin + 5, end - begin - 5);
  }

  lab::test::OwnRun run_;
};

TEST_F(Chromium, DoesForAPageWhatTheLabSaysABrowserDoes) {
  OpenApi api;
  Server ours([&](const Request&, const Server::Reply& reply) {
    reply({.body = page(api.port()), .content_type = "text/html"});
  });
  Server evil([&](const Request&, const Server::Reply& reply) {
    reply({.body = page(api.port()), .content_type = "text/html"});
  });
  const auto origin_of = [](const Server& server) {
    return fmt::format("http://127.0.0.1:{}", server.port());
  };
  api.allow(origin_of(ours));

  for (const Server* server : {&ours, &evil}) {
    const std::string seen = seen_at(server->port());
    const std::set<std::string> ran = api.take_ran();
    std::string expected;
    std::set<std::string> expected_ran;
    for (const auto& [name, type] : kCases) {
      Caller caller("page", "api", api.port());
      const Fetched fetched = fetch_as_browser(origin_of(*server), caller,
                                               {.method = "POST",
                                                .target = std::string("/") + name,
                                                .body = "{}",
                                                .headers = {{"Content-Type", type}}});
      expected += fmt::format("{}{}={}", expected.empty() ? "" : " ", name,
                              fetched.readable ? "read" : "not");
      if (fetched.sent) expected_ran.insert(name);
    }
    api.take_ran();
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(ran, expected_ran);
    EXPECT_EQ(expected_ran.contains("json"), server == &ours);
    EXPECT_TRUE(expected_ran.contains("simple"));
  }
}

}  // namespace
}  // namespace lab15
