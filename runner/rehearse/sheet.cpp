#include "rehearse/sheet.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>

#include "book/recorded_lab.hpp"
#include "core/lab_process.hpp"
#include "core/read_text.hpp"
#include "drill/input.hpp"
#include "lab/core/error.hpp"
#include "lab/core/terminal.hpp"
#include "lab/os/run_dir.hpp"

namespace runner {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kPatience{60};  // for one page

constexpr std::string_view kUnfinished = ".unfinished";

// Where this process writes what is not whole yet.
fs::path place_beside(const fs::path& file) {
  return file.parent_path() /
         fmt::format(".{}.{}{}", file.filename().string(), getpid(), kUnfinished);
}

// Removes what a killed process has left there.
void sweep_unfinished(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with('.') || !name.ends_with(kUnfinished)) continue;
    const std::string_view stem(name.data(), name.size() - kUnfinished.size());
    const pid_t pid = std::atoi(&name[stem.rfind('.') + 1]);
    std::error_code none;
    if (pid > 0 && kill(pid, 0) == -1 && errno == ESRCH) fs::remove(entry.path(), none);
  }
}

// The old file, or the whole new one.
void put_in_place(const fs::path& file, const std::string& text) {
  const fs::path next = place_beside(file);
  std::ofstream out(next, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  std::error_code error;
  if (out) fs::rename(next, file, error);
  if (out && !error) return;
  std::error_code none;
  fs::remove(next, none);
  throw lab::Error("write " + file.string(),
                   error ? error.message() : "the disk may be full, or not ours");
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  if (folder.empty()) throw Usage("sheet --out: name a folder");
  if (fs::exists(folder, error) && !fs::is_directory(folder, error)) {
    throw Usage(fmt::format("sheet --out {}: that is no folder", folder.string()));
  }
  fs::create_directories(folder, error);
  if (error) throw lab::Error("make the folder " + folder.string(), error.message());
  sweep_unfinished(folder);
}

// Prints pages by a Chromium of its own, whose folder goes with this object. What a killed
// process leaves of it, the next run of a lab sweeps.
class PdfPrinter {
 public:
  explicit PdfPrinter(fs::path browser) : browser_(std::move(browser)) {
    lab::sweep_run_dirs();
    lab::plan_run_dir();
    folder_ = lab::run_dir();
  }
  PdfPrinter(const PdfPrinter&) = delete;
  PdfPrinter& operator=(const PdfPrinter&) = delete;
  ~PdfPrinter() { lab::remove_run_dir(folder_); }

  // Nothing if `input` was told to stop meanwhile.
  std::optional<std::string> print(const std::string& url, LineInput& input) const {
    const fs::path made = folder_ / "sheet.pdf";
    const std::vector<std::string> args = {
        "--headless",
        "--no-sandbox",  // the page is our own, and a container has none to give
        "--disable-gpu", "--disable-background-networking", "--no-first-run",
        "--no-pdf-header-footer", "--user-data-dir=" + (folder_ / "profile").string(),
        // Its own clock runs until the page is drawn, however busy this machine is.
        "--virtual-time-budget=20000", "--print-to-pdf=" + made.string(), url};
    LabProcess process(browser_, args);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    const auto ignore = [](std::string_view) {};
    while (process.pump(std::chrono::milliseconds(200), ignore, input.signal_fd())) {
      if (input.signal()) return std::nullopt;
      if (std::chrono::steady_clock::now() > until)
        throw lab::Error("print " + url, "Chromium did not end within a minute");
    }
    if (input.signal()) return std::nullopt;
    auto pdf = read_text(made);
    fs::remove(made);
    if (process.exit_code() != 0 || process.signal() != 0 || !pdf ||
        !pdf->starts_with("%PDF"))
      throw lab::Error("print " + url, "Chromium failed: " + process.errors());
    return pdf;
  }

 private:
  fs::path browser_;
  fs::path folder_;
};

// What a browser prints on. The page tells it by the address.
std::string paper_named(const std::string& typed) {
  if (typed == "a4" || typed == "A4") return "a4";
  if (typed == "letter" || typed == "Letter") return "letter";
  throw Usage(fmt::format("sheet --paper {}: there are a4 and letter", typed));
}

class Progress {
 public:
  explicit Progress(std::size_t all) : all_(all) {}
  ~Progress() {
    if (shows_) fmt::print("\r\033[K");
  }

  void now(std::size_t done, const std::string& what) const {
    if (!shows_) return;
    fmt::print("\r\033[K{} of {}: {}", done, all_, what);
    std::fflush(stdout);
  }

 private:
  bool shows_ = lab::Terminal::of_stdout().interactive();
  std::size_t all_;
};

struct Written {
  std::size_t sheets = 0;
  fs::path first{};                       // its HTML
  std::vector<std::string> unpictured{};  // labs that are written, but were not recorded
};

// Writes them until all are there, or `input` was told to stop.
Written write_all(const std::vector<Lab>& labs, const Place& place,
                  const SheetOptions& options, const PdfPrinter* printer,
                  LineInput& input) {
  const PageAssets assets = PageAssets::of(web_folder(place.root));
  const std::string paper = paper_named(options.paper);
  LabFacts facts(place);
  Written written;
  const Progress progress(labs.size());
  for (const Lab& lab : labs) {
    if (input.signal()) break;
    progress.now(written.sheets + 1, lab.name());
    const RecordedLab recorded = recorded_lab(lab, place, facts);
    const fs::path file = options.out / (lab.folder + ".html");
    put_in_place(file, whole_lab_page(recorded, "sheet", assets));
    if (printer) {
      const auto pdf = printer->print(
          fmt::format("{}#/sheet/{}?paper={}", file_url(file), lab.number, paper), input);
      if (!pdf) break;
      put_in_place(fs::path(file).replace_extension(".pdf"), *pdf);
    }
    ++written.sheets;
    if (written.first.empty()) written.first = file;
    if (!recorded.run && lab.written(place)) written.unpictured.push_back(lab.typed());
  }
  return written;
}

void tell(const Written& written, const SheetOptions& options, bool as_pdf) {
  if (!written.unpictured.empty()) {
    fmt::print(stderr,
               "lab: without a picture, because no run was recorded: {}; ./lab doctor "
               "tells what is missing here\n",
               fmt::join(written.unpictured, ", "));
  }
  fs::path shown = written.first;
  if (as_pdf) shown.replace_extension(".pdf");
  if (written.sheets == 1) {
    fmt::print("One sheet: {}\n", shown.string());
  } else {
    fmt::print("{} sheets in {}, one page each: {} and so on.\n", written.sheets,
               options.out.string(), shown.filename().string());
  }
}

}  // namespace

std::vector<Lab> labs_of_sheets(const Catalog& catalog,
                                const std::vector<std::string>& typed) {
  if (typed.empty()) return catalog.labs();
  std::set<std::string> numbers;
  for (const std::string& one : typed) {
    if (one.empty()) throw Usage("sheet: a lab is a number or a name; ./lab lists them");
    numbers.insert(catalog.meant("", one).front().number);
  }
  std::vector<Lab> labs = catalog.labs();
  std::erase_if(labs, [&](const Lab& lab) { return !numbers.contains(lab.number); });
  return labs;
}

std::string file_url(const fs::path& file) {
  std::string url = "file://";
  for (const char byte : fs::absolute(file).string()) {
    const bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                          (byte >= '0' && byte <= '9') ||
                          std::string_view("/._-~").find(byte) != std::string_view::npos;
    url += is_plain ? std::string(1, byte)
                    : fmt::format("%{:02X}", static_cast<unsigned char>(byte));
  }
  return url;
}

std::optional<fs::path> browser_in(std::string_view folders) {
  for (const char* name :
       {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}) {
    for (std::string_view rest = folders; !rest.empty();) {
      const std::string_view folder = rest.substr(0, rest.find(':'));
      rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
      const fs::path program = fs::path(folder) / name;
      std::error_code none;
      if (!folder.empty() && fs::is_regular_file(program, none) &&
          access(program.c_str(), X_OK) == 0)
        return program;
    }
  }
  return std::nullopt;
}

int sheet(const Catalog& catalog, const Place& place, const SheetOptions& options) {
  const auto labs = labs_of_sheets(catalog, options.labs);
  static_cast<void>(paper_named(options.paper));
  make_folder(options.out);
  const char* folders = std::getenv("PATH");
  const auto browser = options.pdf ? browser_in(folders ? folders : "") : std::nullopt;
  LineInput input;
  std::optional<PdfPrinter> printer;
  if (browser) printer.emplace(*browser);
  const Written written =
      write_all(labs, place, options, printer ? &*printer : nullptr, input);
  if (const int signal = input.signal()) {
    fmt::print("Stopped: {} of {} sheets are written.\n", written.sheets, labs.size());
    return 128 + signal;
  }
  tell(written, options, printer.has_value());
  if (!options.pdf || printer) return 0;
  fmt::print(stderr,
             "lab: no PDF was made, because there is no Chromium: apt install chromium; "
             "or open the sheet in a browser, and print it\n");
  return 77;
}

}  // namespace runner
