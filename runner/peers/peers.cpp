#include "peers/peers.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>

#include "core/kept_run.hpp"
#include "lab/core/error.hpp"
#include "peers/picture.hpp"
#include "peers/service.hpp"

namespace runner {

namespace {

namespace fs = std::filesystem;
using NoWords = std::map<std::string, std::string>;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  if (!file) throw lab::Error("read " + path.string(), "it cannot be opened");
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

fs::path plan_file(const Lab& lab, const Place& place) {
  return peers_folder(place) / (lab.number + ".json");
}

std::vector<Lab> chosen(const Catalog& catalog, const Place& place,
                        const std::string& typed) {
  std::vector<Lab> labs;
  if (!typed.empty()) {
    const Lab& lab = catalog.written(typed, place);
    if (!fs::exists(plan_file(lab, place))) {
      throw Usage(fmt::format("lab {} has no peers yet: there is no bench/peers/{}.json",
                              lab.typed(), lab.number));
    }
    return {lab};
  }
  for (const Lab& lab : catalog.all_written(place)) {
    if (fs::exists(plan_file(lab, place))) labs.push_back(lab);
  }
  if (labs.empty()) throw Usage("no lab has peers yet");
  return labs;
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  if (!file) throw lab::Error("write " + path.string(), "not all of it could be written");
}

// The last result of each lab, where the studio finds it whatever folder was asked for. A
// result is not lost if it cannot be kept twice.
void keep(const std::string& name, const std::string& result) try {
  const fs::path folder = data_folder() / "bench";
  fs::create_directories(folder);
  write_file(folder / (name + ".new"), result);
  fs::rename(folder / (name + ".new"), folder / name);
} catch (const std::exception& error) {
  fmt::print(stderr, "lab: not kept for the studio: {}\n", error.what());
}

// On a terminal, who is measured; the line is taken back.
class Progress {
 public:
  void show(const Case& of, const Contestant& who, int round, int rounds) const {
    if (!on_) return;
    fmt::print(stderr, "\r\033[K  {}: {}, round {} of {}", of.name, who.name, round + 1,
               rounds);
  }
  void clear() const {
    if (on_) fmt::print(stderr, "\r\033[K");
  }

 private:
  bool on_ = isatty(STDERR_FILENO) == 1;
};

struct Comparison {
  const Place& place;
  fs::path out;
  Machine machine;
  bool quick;
  lab::Terminal terminal = lab::Terminal::of_stdout();
  Progress progress{};

  // Where others compute too, twice as many rounds: the interval says what they are worth.
  int rounds() const { return (quick ? 7 : 21) * (machine.busy() ? 2 : 1); }

  Effort effort(std::size_t cases) const {
    if (!quick) return {.rounds = rounds(), .least = rounds()};
    const auto all = 24'000 / static_cast<int>(cases);
    return {.rounds = rounds(),
            .least = 5,
            .budget = std::chrono::milliseconds(all),
            .share = 3};
  }

  Chapter measure(const Lab& lab) const {
    const fs::path file = plan_file(lab, place);
    const Plan plan = Plan::parse(text_of(file), file.lexically_relative(place.root));
    std::optional<Service> service;
    if (!plan.service.empty()) service.emplace(plan.service, place);
    const Ground ground(place, service ? service->offered() : NoWords{});
    std::vector<Contest> contests;
    std::string text;
    for (const Case& one : plan.cases) {
      const Effort all = effort(plan.cases.size());
      contests.push_back(hold(one, all, ground, [&](const Contestant& who, int round) {
        progress.show(one, who, round, all.rounds);
      }));
      progress.clear();
      fmt::print("{}", contest_text(contests.back(), terminal));
      std::fflush(stdout);
      text += contest_text(contests.back(), {false, false, 90});
    }
    const fs::path base = out / ("peers_" + lab.number);
    const std::string result = contests_json(lab.number, machine, contests);
    write_file(base.string() + ".json", result);
    keep(base.filename().string() + ".json", result);
    write_file(base.string() + ".svg",
               contests_svg(lab.number + " · " + lab.question, machine, contests));
    fmt::print("\nalso in {}.json and .svg\n\n", base.string());
    return {lab.number, lab.question, text};
  }

  // What breaks one lab is told, and stops no other.
  Chapter tried(const Lab& lab) const {
    fmt::print("{} {}: {}\n", lab.number, lab.name(), lab.question);
    std::fflush(stdout);
    try {
      return measure(lab);
    } catch (const lab::Error& error) {
      progress.clear();
      fmt::print(stderr, "lab: {}\n\n", error.what());
      return {lab.number, lab.question, error.what(), false};
    }
  }
};

int measure_all(const std::vector<Lab>& labs, const Place& place, const fs::path& out,
                bool quick) {
  const Comparison comparison{place, out, Machine::here(), quick};
  fmt::print(
      "{}, {} cores, load {:.1f}; {}{} rounds, interleaved; medians ± half of the "
      "quartiles' distance\n",
      comparison.machine.cpu, comparison.machine.cores, comparison.machine.load,
      quick ? "up to " : "", comparison.rounds());
  if (comparison.machine.busy()) {
    fmt::print("This machine is busy: twice as many rounds, and wider intervals.\n");
  }
  fmt::print("\n");
  std::vector<Chapter> chapters;
  for (const Lab& lab : labs) chapters.push_back(comparison.tried(lab));
  if (labs.size() > 1) {
    write_file(out / "index.html", index_page(comparison.machine, chapters));
    fmt::print("all of it: {}\n", (out / "index.html").string());
  }
  return std::ranges::all_of(chapters, &Chapter::measured) ? 0 : 1;
}

}  // namespace

int peers(const Catalog& catalog, const Place& place, const PeersOptions& options) {
  const std::vector<Lab> labs = chosen(catalog, place, options.lab);
  const fs::path out =
      options.out.empty() ? place.root / "build" / "bench" : fs::path(options.out);
  fs::create_directories(out);
  return in_kept_run([&] { return measure_all(labs, place, out, options.quick); });
}

}  // namespace runner
