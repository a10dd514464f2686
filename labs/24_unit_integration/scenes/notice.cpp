// What each kind of test notices, and what one test of it costs.
#include <algorithm>

#include "lab/db/postgres_server.hpp"
#include "scenes/scenes.hpp"
#include "world/mail_service.hpp"
#include "world/suites.hpp"

namespace lab24 {

namespace {

struct Kind {
  const char* name;
  const char* part;  // of its tests' names
};
constexpr Kind kUnit{"unit tests", "Unit."}, kMocks{"with mocks", "Mock."},
    kFake{"contract, fake", "Fake"}, kReal{"contract, real", "Real"},
    kIntegration{"integration", "Integration."};

// Which program runs, and which release of the mail service it meets.
struct Situation {
  const char* name;
  const char* program;
  int mail_release = 1;
};
constexpr Situation kSituations[] = {
    {"no fault", "as_it_is"},           {"wrong rule", "wrong_rule"},
    {"mail too early", "wrong_wiring"}, {"fake drifts", "drifted_fake"},
    {"wrong SQL", "wrong_sql"},         {"new mail API", "as_it_is", 2},
};

Environment surroundings(const lab::PostgresServer& database, const MailService& mail) {
  return {{"DATABASE_URL", database.url()}, {"MAIL_PORT", std::to_string(mail.port())}};
}

}  // namespace

void lights(lab::Story& story, const Knobs&) {
  story.say(
      "A sign-up uses PostgreSQL and a mail service. We plant one fault at a time, and "
      "run five suites. No suite should notice all faults.");
  story.picture(lab::Picture::tree, {"Five suites, five faults; red: a test failed"});
  lab::PostgresServer database;
  MailService mail;
  lab::Table table{"Which suite turns red", {"suite"}, {}};
  std::vector<SuiteRun> runs;
  for (const Situation& situation : kSituations) {
    table.columns.push_back(situation.name);
    mail.release(situation.mail_release);
    runs.push_back(run_suite(situation.program, {}, surroundings(database, mail)));
  }

  lab::Table grid{
      "Five suites, five faults; red: a test failed", {"test run", "suite", "light"}, {}};
  // The lights of one suite, in the order of kSituations: "grgggg".
  const auto look_at = [&](const Kind& kind) {
    std::string lit;
    auto& row = table.rows.emplace_back(1, kind.name);
    grid.rows.push_back({kind.name, "", ""});
    for (std::size_t i = 0; i < runs.size(); ++i) {
      row.push_back(colour(runs[i].green(kind.part)));
      lit += row.back()[0];
      grid.rows.push_back(
          {fmt::format("{}: {}", kind.name, kSituations[i].name), kind.name, row.back()});
    }
    return lit;
  };
  const std::string unit = look_at(kUnit), mocks = look_at(kMocks), fake = look_at(kFake),
                    real = look_at(kReal), integration = look_at(kIntegration);
  story.table(table);
  story.table(grid);

  story.claim("24.2", mocks == "ggrggg" && fake == "gggrgg" && real == "ggggrr",
              "after a field was renamed: mocks {}, real contract tests {}",
              table.rows[1][6], table.rows[3][6]);
  story.nuance(
      "24.2",
      "A mock repeats what you believe about the service. Put the same questions "
      "to the fake and to the real service, and you test that belief, too.");
  story.claim("24.4", unit == "grgggg" && integration == "grrgrr",
              "without `on conflict`: integration {}; unit {}, mocks {}",
              table.rows[4][5], table.rows[0][5], table.rows[1][5]);
  story.nuance("24.4",
               "A 500 does not say which function is wrong; the unit test did. But the "
               "integration tests noticed 4 of the 5 faults.");
  story.takeaway(
      "Unit tests check your rules, mocks your calls, contract tests your doubles, and "
      "integration tests what lies between the modules.");
}

void cost(lab::Story& story, const Knobs&) {
  constexpr int kMore = 4;
  story.say(
      "What does one more test of each kind cost? We run each suite once and {} times, "
      "and count its system calls. The difference is the price of the tests: expect none "
      "for a unit test.",
      1 + kMore);
  story.picture(lab::Picture::bars, {"System calls per test"});
  lab::PostgresServer database;
  MailService mail;
  const Environment env = surroundings(database, mail);
  const SuiteRun all = run_suite("as_it_is", {}, env);

  lab::Table table{"What the tests ask of the kernel",
                   {"suite", "tests", "system calls", "for the network", "files opened"},
                   {}};
  lab::Table bars{"System calls per test", {"suite", "calls"}, {}};
  const auto price_of = [&](const Kind& kind) {
    const auto tests = std::ranges::count_if(
        all.passed, [&](const std::string& name) { return name.starts_with(kind.part); });
    const auto repeated = [&](int times) {
      return count_calls("as_it_is",
                         {fmt::format("--gtest_filter={}*", kind.part),
                          fmt::format("--gtest_repeat={}", times)},
                         env);
    };
    const SystemCalls once = repeated(1), often = repeated(1 + kMore);
    SystemCalls price{.all = often.all - once.all,
                      .network = often.network - once.network,
                      .files = often.files - once.files};
    const long runs = std::max<long>(1, tests) * kMore;
    table.rows.push_back({kind.name, std::to_string(runs), std::to_string(price.all),
                          std::to_string(price.network), std::to_string(price.files)});
    price.all /= runs;
    bars.rows.push_back({kind.name, std::to_string(price.all)});
    return price;
  };
  const SystemCalls unit = price_of(kUnit), mocks = price_of(kMocks),
                    integration = price_of(kIntegration);
  story.table(table);
  story.table(bars);
  story.claim(
      "24.1",
      unit.network + unit.files + mocks.network + mocks.files == 0 && unit.all <= 1 &&
          integration.network > 0 && integration.all > 20,
      "a unit test made {} system calls, and opened no socket and no file. Control: "
      "an integration test made {} calls",
      unit.all, integration.all);
  story.takeaway(
      "A unit test only computes, so thousands of them run in a second. An integration "
      "test pays for connections, so choose a few.");
}

}  // namespace lab24
