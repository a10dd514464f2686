#include "verbs/verify.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "core/lab_process.hpp"
#include "lab/core/error.hpp"

namespace runner {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds kDeadline = 120s;

std::vector<Lab> chosen(const Catalog& catalog, const Place& place,
                        const std::vector<std::string>& typed) {
  if (typed.empty()) return catalog.all_written(place);
  std::vector<Lab> labs;
  for (const std::string& one : typed) labs.push_back(catalog.written(one, place));
  return labs;
}

// On a terminal, which lab runs and for how long; the line is taken back when it is done.
class Progress {
 public:
  Progress(std::size_t labs) : labs_(labs) {}

  void show(std::size_t nth, const Lab& lab, milliseconds elapsed) const {
    if (!on_) return;
    fmt::print(stderr, "\r\033[K  {} of {}  {} {}  {:.1f} s", nth, labs_, lab.number,
               lab.name(), std::chrono::duration<double>(elapsed).count());
  }
  void clear() const {
    if (on_) fmt::print(stderr, "\r\033[K");
  }

 private:
  std::size_t labs_;
  bool on_ = isatty(STDERR_FILENO) == 1;
};

void write_file(std::ofstream& file, const std::string& name, const std::string& text) {
  file << text << std::flush;
  if (!file) throw lab::Error("write " + name, "not all of it could be written");
}

}  // namespace

Entry verify_lab(const Lab& lab, const Place& place, milliseconds deadline,
                 const std::function<void(milliseconds)>& on_wait) {
  const auto began = Clock::now();
  const auto elapsed = [&] { return duration_cast<milliseconds>(Clock::now() - began); };
  const std::array<std::string, 2> flags = {"--quick", "--json"};
  RunReader reader;
  RunExit exit;
  try {
    LabProcess process(lab.program(place), flags);
    while (process.pump(100ms, [&](std::string_view line) { reader.line(line); })) {
      on_wait(elapsed());
      if (elapsed() < deadline) continue;
      exit.timed_out = true;
      process.stop();
    }
    exit.code = process.exit_code();
    exit.signal = process.signal();
    exit.errors = process.errors();
  } catch (const lab::Error& error) {
    exit.code = 1;
    exit.errors = error.what();
  }
  return reader.finish(lab, exit, elapsed());
}

int verify(const Catalog& catalog, const Place& place, const VerifyOptions& options) {
  const std::vector<Lab> labs = chosen(catalog, place, options.labs);
  std::ofstream markdown;
  if (!options.markdown.empty()) {  // before minutes are spent
    markdown.open(options.markdown);
    if (!markdown) throw lab::Error("write " + options.markdown, "it cannot be opened");
  }
  const lab::Terminal terminal = lab::Terminal::of_stdout();
  const Progress progress(labs.size());
  Ledger ledger;
  for (std::size_t i = 0; i < labs.size(); ++i) {
    const auto show = [&](milliseconds elapsed) {
      progress.show(i + 1, labs[i], elapsed);
    };
    show(0ms);
    ledger.add(verify_lab(labs[i], place, kDeadline, show));
    progress.clear();
    if (options.json) continue;
    fmt::print("{}", ledger_text(ledger.entries().back(), terminal));
    std::fflush(stdout);
  }
  if (options.json) {
    fmt::print("{}", ledger.json());
  } else {
    const bool good = ledger.exit_code() == 0;
    fmt::print(
        "\n{} {}\n",
        terminal.styled(good ? lab::Style::green : lab::Style::red, good ? "✔" : "✘"),
        ledger.totals());
  }
  if (markdown.is_open()) write_file(markdown, options.markdown, ledger.markdown());
  return ledger.exit_code();
}

}  // namespace runner
