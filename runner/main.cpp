// underloop: the program behind ./lab. Reads what was typed; each verb has its own file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "bench.hpp"
#include "catalog.hpp"
#include "completion.hpp"
#include "drill.hpp"
#include "lab/error.hpp"
#include "overview.hpp"
#include "peers.hpp"
#include "run.hpp"
#include "verify.hpp"
#include "walk.hpp"
#include "watch.hpp"

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
  BenchOptions bench;
  PeersOptions peers;
  bool with_peers = false;
  bool all_labs = false;
  DrillOptions drill;
  std::string shell;
};

void describe_verbs(CLI::App& app, Typed& typed) {
  app.name("./lab");
  app.add_subcommand("run",
                     "run a lab: ./lab run 5 [flags of the lab; --help lists them]");
  app.add_subcommand("watch",
                     "run a lab each time you save it, and see which claims flip");

  CLI::App* verify =
      app.add_subcommand("verify", "prove every claim, of all labs or some");
  verify->add_option("lab", typed.verify.labs, "numbers or names; none: all");
  verify->add_flag("--json", typed.verify.json, "print the ledger as JSON");
  verify->add_option("--md", typed.verify.markdown, "also write it to FILE, as Markdown")
      ->type_name("FILE");

  CLI::App* walk = app.add_subcommand("walk", "read a lab's code, step by step");
  walk->add_option("lab", typed.walk.labs, "a number or a name");
  walk->add_flag("--check", typed.walk.check,
                 "only tell which steps are stale; without a lab: of all");

  CLI::App* bench =
      app.add_subcommand("bench", "run benchmarks: ./lab bench 5 [-- flags of Google's]");
  bench->add_option("lab", typed.bench.name, "a number or a name; none: all");
  CLI::Option* with_peers = bench->add_flag(
      "--peers", typed.with_peers, "beside Node's packages, and what nobody can beat");
  bench->add_flag("--quick", typed.peers.quick, "with --peers: fewer rounds")
      ->needs(with_peers);
  bench->add_flag("--all", typed.all_labs, "with --peers: of every lab that has any")
      ->needs(with_peers);
  bench->add_option("--out", typed.peers.out, "with --peers: the folder for JSON and SVG")
      ->type_name("DIR")
      ->needs(with_peers);

  CLI::App* drill = app.add_subcommand(
      "drill",
      "be asked: predict what a scenario does, then it runs; each question comes back\n"
      "when it is due, by SM-2 (Wozniak 1990)");
  drill->add_flag("--all", typed.drill.all, "also what is not due");
  drill
      ->add_option("--section", typed.drill.section,
                   "only of this section, or a part of its name")
      ->type_name("NAME");
  drill->add_option("--lab", typed.drill.lab, "only of this lab")->type_name("LAB");
  drill->add_flag("--list", typed.drill.list, "the questions, and when they are due");
  drill->add_flag("--reset", typed.drill.reset,
                  "forget what you answered; it asks first");
  drill->add_flag("--check", typed.drill.check,
                  "play every scenario and show its answer, for who writes them");

  app.add_subcommand("test",
                     "run the tests: --fast, --asan, --tsan, or a part of a name");
  app.add_subcommand("services",
                     "up, env, down: one Redis and one PostgreSQL for all labs of a\n"
                     "terminal; eval \"$(./lab services up)\" tells your shell, too");
  app.add_subcommand("studio", "watch labs in the browser: --port, --open, --listen");
  app.add_subcommand(
      "setup",
      "only install: what every lab needs, and uv, boost, test, ...; all: of all labs");
  app.add_subcommand("build", "only build: all labs, or some");
  app.add_subcommand("doctor", "what is installed, what is missing, and who needs it");
  CLI::App* completion =
      app.add_subcommand("completion", "for your shell: source <(./lab completion bash)");
  completion->add_option("shell", typed.shell, "bash")->required();
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
  CLI::App app("Thirty questions of a senior backend interview that you can run.");
  describe_verbs(app, typed);
  app.require_subcommand(1);
  const auto is_typed = [&](const CLI::App* verb) {
    return verb->get_name() == words[0];
  };
  if (words[0][0] != '-' && std::ranges::none_of(app.get_subcommands({}), is_typed)) {
    throw Usage(fmt::format("there is no verb {}; ./lab --help lists them", words[0]));
  }
  try {
    std::ranges::reverse(words);  // as CLI11 wants them
    app.parse(words);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    throw Usage(fmt::format("{} (./lab --help lists what there is)", error.what()));
  }
  if (app.got_subcommand("verify")) return verify(catalog, place, typed.verify);
  if (app.got_subcommand("walk")) return walk(catalog, place, typed.walk);
  if (app.got_subcommand("bench")) {
    if (typed.all_labs && !typed.bench.name.empty()) {
      throw Usage("bench --all measures every lab: name none");
    }
    typed.peers.lab = typed.bench.name;
    return typed.with_peers ? peers(catalog, place, typed.peers)
                            : bench(catalog, place, typed.bench);
  }
  if (app.got_subcommand("drill")) return drill(catalog, place, typed.drill);
  if (app.got_subcommand("completion")) return completion(catalog, typed.shell);
  throw Usage("type it as ./lab " + app.get_subcommands().front()->get_name());
}

int obey(const std::vector<std::string>& words) {
  const Place place = Place::here();
  const Catalog catalog = Catalog::of(place);
  if (words.empty()) {
    fmt::print("{}", overview(catalog, place, lab::Terminal::of_stdout()));
    return 0;
  }
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
