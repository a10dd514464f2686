// underloop: the program behind ./lab. Reads what was typed; each verb has its own file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "book/book.hpp"
#include "core/catalog.hpp"
#include "drill/drill.hpp"
#include "lab/core/error.hpp"
#include "peers/peers.hpp"
#include "rehearse/cards.hpp"
#include "rehearse/data.hpp"
#include "rehearse/mock.hpp"
#include "rehearse/plan.hpp"
#include "rehearse/sheet.hpp"
#include "verbs/bench.hpp"
#include "verbs/run.hpp"
#include "verbs/verify.hpp"
#include "verbs/walk.hpp"
#include "verbs/watch.hpp"

namespace {

using namespace runner;
using Words = std::span<const std::string>;

const std::string& lab_of(Words words, std::string_view verb) {
  if (words.empty() || words[0].starts_with('-')) {
    throw Usage(
        fmt::format("{} which lab? ./lab {} 1, say; ./lab lists them", verb, verb));
  }
  return words[0];
}

// `run` and `watch` hand every flag after the lab on to it; so CLI11 reads none of them.
int run_verb(const Catalog& catalog, const Place& place, Words words) {
  run(catalog.written(lab_of(words, "run"), place), place, words.subspan(1));
}

int watch_verb(const Catalog& catalog, const Place& place, Words words) {
  return watch(catalog.written(lab_of(words, "watch"), place), place, words.subspan(1));
}

struct Typed {
  VerifyOptions verify;
  WalkOptions walk;
  MockOptions mock;
  PlanOptions plan;
  DataOptions data;
  CardsOptions cards;
  BookOptions book;
  SheetOptions sheet;
  BenchOptions bench;
  PeersOptions peers;
  bool with_peers = false;
  bool all_labs = false;
  DrillOptions drill;
};

// The verbs that need this program. What a verb and its flags are for stands in
// cmake/verbs.txt, which ./lab prints without building anything; so CLI11 has no help here.
void add_verbs(CLI::App& app, Typed& typed) {
  app.name("./lab");
  app.set_help_flag();  // before add_subcommand: they inherit it

  CLI::App* verify = app.add_subcommand("verify");
  verify->add_option("lab", typed.verify.labs);
  verify->add_flag("--json", typed.verify.json);
  verify->add_option("--md", typed.verify.markdown);

  CLI::App* walk = app.add_subcommand("walk");
  walk->add_option("lab", typed.walk.labs);
  walk->add_flag("--check", typed.walk.check);
  walk->add_flag("--all", typed.walk.all);

  CLI::App* bench = app.add_subcommand("bench");
  bench->add_option("lab", typed.bench.name);
  CLI::Option* with_peers = bench->add_flag("--peers", typed.with_peers);
  bench->add_flag("--quick", typed.peers.quick)->needs(with_peers);
  bench->add_flag("--all", typed.all_labs)->needs(with_peers);
  bench->add_option("--out", typed.peers.out)->needs(with_peers);

  CLI::App* mock = app.add_subcommand("mock");
  mock->add_option("--minutes", typed.mock.minutes)->check(CLI::Range(1, 600));
  mock->add_option("--seconds", typed.mock.seconds)->check(CLI::Range(5, 3600));
  mock->add_option("--section", typed.mock.section);
  mock->add_option("--lab", typed.mock.lab);
  mock->add_option("--seed", typed.mock.seed);

  CLI::App* cards = app.add_subcommand("cards");
  cards->add_option("file", typed.cards.file)->required();
  cards->add_option("--section", typed.cards.section);
  cards->add_option("--lab", typed.cards.lab);

  app.add_subcommand("book")->add_option("dir", typed.book.folder)->required();

  CLI::App* sheet = app.add_subcommand("sheet");
  sheet->add_option("lab", typed.sheet.labs);
  sheet->add_option("--out", typed.sheet.out);
  CLI::Option* as_pdf = sheet->add_flag("--pdf", typed.sheet.pdf);
  sheet->add_option("--paper", typed.sheet.paper)->needs(as_pdf);

  CLI::App* data = app.add_subcommand("data");
  data->add_option("what", typed.data.what)->check(CLI::IsMember({"export", "import"}));
  data->add_option("file", typed.data.file);

  CLI::App* plan = app.add_subcommand("plan");
  plan->add_option("--days", typed.plan.days)->check(CLI::Range(1, 365));
  plan->add_option("--minutes", typed.plan.minutes)->check(CLI::Range(10, 600));

  CLI::App* drill = app.add_subcommand("drill");
  drill->add_flag("--all", typed.drill.all);
  drill->add_option("--section", typed.drill.section);
  drill->add_option("--lab", typed.drill.lab);
  drill->add_option("--items", typed.drill.limits.items)->check(CLI::Range(1, 1000));
  drill->add_option("--new", typed.drill.limits.fresh)->check(CLI::Range(0, 1000));
  drill->add_flag("--list", typed.drill.list);
  drill->add_flag("--reset", typed.drill.reset);
  drill->add_flag("--check", typed.drill.check);
}

// Everything behind `--` belongs to Google Benchmark.
std::vector<std::string> cut_rest(std::vector<std::string>& words) {
  const auto dashes = std::ranges::find(words, "--");
  if (dashes == words.end()) return {};
  std::vector<std::string> rest(dashes + 1, words.end());
  words.erase(dashes, words.end());
  return rest;
}

int parsed_verb(const Catalog& catalog, const Place& place,
                std::vector<std::string> words) {
  Typed typed;
  typed.bench.flags = cut_rest(words);
  CLI::App app;
  add_verbs(app, typed);
  const std::string verb = words[0];
  const auto is_typed = [&](const CLI::App* each) { return each->get_name() == verb; };
  if (std::ranges::none_of(app.get_subcommands({}), is_typed)) {
    throw Usage(
        fmt::format("{} is nothing that this program does; type ./lab {}", verb, verb));
  }
  if (!typed.bench.flags.empty() && verb != "bench") {
    throw Usage(fmt::format("{} takes nothing after --", verb));
  }
  try {
    std::ranges::reverse(words);  // as CLI11 wants them
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    throw Usage(
        fmt::format("{} (./lab {} --help lists what there is)", error.what(), verb));
  }
  if (app.got_subcommand("verify")) return verify(catalog, place, typed.verify);
  if (app.got_subcommand("walk")) return walk(catalog, place, typed.walk);
  if (app.got_subcommand("mock")) return mock(catalog, place, typed.mock);
  if (app.got_subcommand("cards")) return cards(catalog, place, typed.cards);
  if (app.got_subcommand("sheet")) return sheet(catalog, place, typed.sheet);
  if (app.got_subcommand("book")) return book(catalog, place, typed.book);
  if (app.got_subcommand("data")) return data(typed.data);
  if (app.got_subcommand("plan")) return plan(catalog, place, typed.plan);
  if (app.got_subcommand("bench")) {
    if (typed.all_labs && !typed.bench.name.empty()) {
      throw Usage("bench --all measures every lab: name none");
    }
    typed.peers.lab = typed.bench.name;
    return typed.with_peers ? peers(catalog, place, typed.peers)
                            : bench(catalog, place, typed.bench);
  }
  return drill(catalog, place, typed.drill);
}

int obey(const std::vector<std::string>& words) {
  if (words.empty()) throw Usage("type ./lab to see what there is");
  const Place place = Place::here();
  const Catalog catalog = Catalog::of(place);
  const Words rest = Words(words).subspan(1);
  if (words[0] == "run") return run_verb(catalog, place, rest);
  if (words[0] == "watch") return watch_verb(catalog, place, rest);
  return parsed_verb(catalog, place, words);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return obey({argv + 1, argv + argc});
  } catch (const Usage& usage) {
    fmt::print(stderr, "lab: {}\n", usage.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "lab: {}\n", error.what());
    return 1;
  }
}
