#include "peers.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "lab/error.hpp"
#include "peers_report.hpp"

namespace runner {

namespace {

namespace fs = std::filesystem;

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

struct Bout {
  const Place& place;
  fs::path out;
  Machine machine;
  int rounds;
  lab::Terminal terminal = lab::Terminal::of_stdout();
  Progress progress{};

  void measure(const Lab& lab) const {
    const fs::path file = plan_file(lab, place);
    const Plan plan = Plan::parse(text_of(file), file.lexically_relative(place.root));
    fmt::print("{} {}: {}\n", lab.number, lab.name(), lab.question);
    std::vector<Contest> contests;
    for (const Case& one : plan.cases) {
      contests.push_back(hold(one, rounds, place, [&](const Contestant& who, int round) {
        progress.show(one, who, round, rounds);
      }));
      progress.clear();
      fmt::print("{}", contest_text(contests.back(), terminal));
      std::fflush(stdout);
    }
    const fs::path base = out / ("peers_" + lab.number);
    write_file(base.string() + ".json", contests_json(lab.number, machine, contests));
    write_file(base.string() + ".svg",
               contests_svg(lab.number + " · " + lab.question, machine, contests));
    fmt::print("\nalso in {}.json and .svg\n\n", base.string());
  }
};

}  // namespace

int peers(const Catalog& catalog, const Place& place, const PeersOptions& options) {
  const std::vector<Lab> labs = chosen(catalog, place, options.lab);
  const fs::path out =
      options.out.empty() ? place.root / "build" / "bench" : fs::path(options.out);
  fs::create_directories(out);
  const Machine machine = Machine::here();
  // Where others compute too, twice as many rounds: the interval says what they are worth.
  const int rounds = (options.quick ? 7 : 21) * (machine.busy() ? 2 : 1);
  fmt::print(
      "{}, {} cores, load {:.1f}; {} rounds, interleaved; medians ± half of the "
      "quartiles' distance\n",
      machine.cpu, machine.cores, machine.load, rounds);
  if (machine.busy()) {
    fmt::print("This machine is busy: twice as many rounds, and wider intervals.\n");
  }
  fmt::print("\n");
  const Bout bout{place, out, machine, rounds};
  for (const Lab& lab : labs) bout.measure(lab);
  return 0;
}

}  // namespace runner
