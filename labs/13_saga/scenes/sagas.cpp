// sagas.cpp: the orchestrator: forward, back, killed everywhere, and two at once.
#include <algorithm>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"

namespace lab13 {

namespace trace = lab::trace;

void saga(Story& story, const Knobs& knobs) {
  story.say(
      "An orchestrator creates an order, charges the customer, reserves the goods, ships "
      "them and confirms the order. Then each of the first four steps fails once.");
  story.picture(Picture::sequence, {"orchestrator", "orders", "payments", "stock"});
  Shop shop;
  Services services("sagas");
  services.start_all();
  PostgresLog log;
  lab::Table table{"A step that fails", {"fails", "commands", "order", "paid"}, {}};
  int in_order = 0, requests = 0, as_expected = 0, restored = 0;
  Books seen;
  constexpr struct {
    const char *fails, *input, *expected;
  } kRuns[] = {
      {"create", "zoe lamp 60", " > create"},
      {"charge", "bob lamp 60", " > create > charge > cancel"},
      {"reserve", "ann sofa 60", " > create > charge > reserve > refund > cancel"},
      {"ship", "ann piano 60",
       " > create > charge > reserve > ship > release > refund > cancel"},
      {"nothing", kLamp, " > create > charge > reserve > ship > confirm"}};
  for (const auto& [fails, input, expected] : kRuns) {
    shop.reset();
    trace::instant(fmt::format("{} fails", fails), {.lane = "case"});
    std::string commands;
    Send send = [&,
                 sender = services.sender({}, "orchestrator")](const Command& command) {
      commands += " > " + command.action;
      return sender(command);
    };
    Orchestrator orchestrator(order_steps(), log, send, *knobs.attempts);
    // Another customer of the databases looks whenever a step is requested.
    orchestrator.on_record([&](const Record& record) {
      if (record.event != Event::requested) return;
      ++requests;
      in_order += shop.steps() == static_cast<int>(record.step);
      if (record.step == 3) seen = shop.books();
    });
    orchestrator.begin("7", input);
    orchestrator.run("7");
    const Books books = shop.books();
    as_expected += commands == expected;
    restored += books.order != "CONFIRMED" && books.whole();
    table.rows.push_back(row(fails, commands.substr(3), books.order, books.paid));
  }
  story.table(table);
  story.claim("13.3", in_order == requests && table.rows[4][2] == "CONFIRMED",
              "at {} of {} requests exactly the earlier steps were committed", in_order,
              requests);
  story.claim("13.6", as_expected == 5,
              "{} of 4 failed sagas compensated their steps, the last one first. "
              "Control: a saga without a failure compensated none",
              as_expected - 1);
  story.claim("13.7", restored == 4 && seen.order == "PENDING" && seen.paid == 60,
              "balances and stock were as before after {} of 4 failures. But the order "
              "stays {}, and others had seen it {} with {} paid",
              restored, table.rows[3][2], seen.order, seen.paid);
  story.nuance("13.7",
               "A compensation is a new transaction and not a rollback. The earlier "
               "steps were committed, and others have seen them.");
  story.takeaway("A saga goes forward in small commits, and back in small commits too.");
}

namespace {

struct Case {
  std::string name, input;
  Fault fault{};
};

// Step 13: an orchestrator that dies at the cut: after a record, or after a command whose
// outcome is not recorded yet. Between these two it does nothing.
void drive(const Services& services, const Case& one, int attempts, Cut cut) {
  PostgresLog log;
  Send send = [&, sender = services.sender(one.fault)](const Command& command) {
    const Outcome outcome = sender(command);
    cut();
    return outcome;
  };
  Orchestrator orchestrator(order_steps(), log, send, attempts);
  orchestrator.on_record([&](const Record&) { cut(); });
  orchestrator.begin("7", one.input);
  while (orchestrator.run("7") == Ending::waiting) {
  }
}

struct Sweep {
  int kills = 0, torn = 0, wrong = 0;
};

// Until it lives: then there is no further point at which to kill it. After each kill the saga
// is resumed, and each request that was made comes once more, late.
Sweep kill_everywhere(Shop& shop, const Services& services, const Case& one,
                      int attempts) {
  PostgresLog log;
  const Send send = services.sender();
  shop.reset();
  drive(services, one, attempts, {0});
  const Books expected = shop.books();
  Sweep sweep;
  for (int cut = 1;; ++cut) {
    shop.reset();
    if (!Process([&] { drive(services, one, attempts, {cut}); }).killed()) return sweep;
    ++sweep.kills;
    sweep.torn += !shop.books().whole();
    drive(services, one, attempts, {0});
    std::vector<std::size_t> undone;
    for (const Record& record : log.read("7")) {
      const auto& [service, act, undo] = order_steps()[record.step];
      if (record.event == Event::undone) undone.push_back(record.step);
      if (record.event == Event::requested) send({service, act, "7", one.input});
    }
    const bool in_reverse = std::ranges::is_sorted(undone, std::greater());
    sweep.wrong += !in_reverse || !expected.whole() || shop.books() != expected;
  }
}

}  // namespace

void crashes(Story& story, const Knobs& knobs) {
  story.say(
      "The orchestrator is killed before and after each record of its log. Another one "
      "resumes the saga. Then every request arrives a second time, late.");
  story.picture(Picture::bars, {"Killed at every record"});
  std::vector<Case> cases{{"no step fails", kLamp},
                          {"ship is refused", "ann piano 60"},
                          {"charge: replies lost", kLamp, {"charge", false}},
                          {"reserve: requests lost", kLamp, {"reserve", true}}};
  if (!story.quick()) {
    cases.insert(cases.end(), {{"ship: two replies lost", kLamp, {"ship", false, 2}},
                               {"create is refused", "zoe lamp 60"},
                               {"charge is refused", "bob lamp 60"},
                               {"reserve is refused", "ann sofa 60"},
                               {"create: replies lost", kLamp, {"create", false}},
                               {"charge: requests lost", kLamp, {"charge", true}},
                               {"reserve: replies lost", kLamp, {"reserve", false}},
                               {"confirm: two lost", kLamp, {"confirm", true, 2}}});
  }
  Shop shop;
  Services services("crashes");
  services.start_all();
  lab::Table table{"Killed at every record",
                   {"case", "unequal at the kill", "wrong in the end", "kills"},
                   {}};
  Sweep all;
  for (const Case& one : cases) {
    const auto [kills, torn, wrong] =
        kill_everywhere(shop, services, one, *knobs.attempts);
    table.rows.push_back(row(one.name, torn, wrong, kills));
    all = {all.kills + kills, all.torn + torn, all.wrong + wrong};
  }
  story.table(table);
  story.claim(
      "13.3", all.kills >= 60 && all.wrong == 0 && all.torn > 0,
      "after {} of {} kills, the resumed saga had lost a step or done a step twice. "
      "Control: before the resume, {} kills had left the databases unequal",
      all.wrong, all.kills, all.torn);
  story.claim("13.6", all.wrong == 0,
              "{} kills changed neither the reverse order of the compensations nor their "
              "result, even for a step whose outcome was unknown",
              all.kills);
  story.takeaway(
      "Log, act, log. A restart may repeat a request, so each service must recognize a "
      "request that is repeated or late.");
}

// Step 14: saga A is about to fail when B wants the same money. Without a lock, B reads a
// balance that A will undo. Under a semantic lock it is told to come back later.
void isolation(Story& story, const Knobs& knobs) {
  story.say(
      "Ann has 100. Saga A charges 60 and will fail at its next step. Just then saga B "
      "wants 60 too, first without and then with a lock on the account.");
  story.picture(Picture::sequence, {"saga A", "saga B", "payments", "stock"});
  Shop shop;
  Services services("isolation");
  services.start_all();
  PostgresLog log;
  lab::Table table{"Two sagas on one account", {"account", "B at once", "B at last"}, {}};
  constexpr const char* kEndings[] = {"completed", "compensated", "waiting"};
  const Step charge = order_steps()[1], reserve = order_steps()[2];
  for (const auto& steps :
       {std::vector{charge, reserve}, {kAuthorize, reserve, kSettle}}) {
    const char* account = steps.size() == 3 ? "held until its saga ends" : "not held";
    trace::instant(fmt::format("the account is {}", account), {.lane = "case"});
    shop.reset();
    Orchestrator b(steps, log, services.sender({}, "saga B"), *knobs.attempts);
    b.begin("B", kLamp);
    Ending at_once{};
    Send send = [&, sender = services.sender({}, "saga A")](const Command& command) {
      if (command.action == "reserve") at_once = b.run("B");
      return sender(command);
    };
    Orchestrator a(steps, log, send, *knobs.attempts);
    a.begin("A", "ann sofa 60");
    a.run("A");
    table.rows.push_back({account, kEndings[static_cast<int>(at_once)],
                          kEndings[static_cast<int>(b.run("B"))]});
  }
  story.table(table);
  story.claim("13.7",
              table.rows[0][2] == "compensated" && table.rows[1][1] == "waiting" &&
                  table.rows[1][2] == "completed",
              "without a lock, B was {}, although the money came back later. Control: "
              "with a semantic lock, B was {} at first and {} at last",
              table.rows[0][2], table.rows[1][1], table.rows[1][2]);
  story.takeaway(
      "Sagas are not isolated from each other. A semantic lock isolates them where it "
      "matters, and the other saga waits.");
}

}  // namespace lab13
