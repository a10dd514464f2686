#include "world/releases.hpp"

#include <sstream>

#include "lab/core/error.hpp"
#include "lab/core/program.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"

namespace lab27 {

namespace fs = std::filesystem;
namespace trace = lab::trace;

Releases::Releases()
    : folder_(fs::read_symlink("/proc/self/exe").parent_path() / "27_releases") {
  if (!fs::exists(folder_))
    throw lab::Error("open " + folder_.string(), "build lab_27: it is made beside it");
}

fs::path Releases::file_of(std::string_view release) const {
  const std::string name(release);
  return folder_ / name / ("libprice.so." + name.substr(0, name.find('.')));
}

Meeting Releases::start(std::string_view program, std::string_view release) const {
  return meet(program, release, file_of(release).parent_path());
}

Meeting Releases::start_disguised(std::string_view program, std::string_view release,
                                  std::string_view major) const {
  const fs::path folder = lab::run_dir() / ("disguised-" + std::string(release));
  fs::create_directories(folder);
  fs::copy_file(file_of(release), folder / ("libprice.so." + std::string(major)),
                fs::copy_options::overwrite_existing);
  return meet(program, release, folder);
}

// Step 2: the dynamic linker looks for the file name that the program was linked with, and
// then for each function in it. Nothing else is ever compared.
Meeting Releases::meet(std::string_view program, std::string_view release,
                       const fs::path& folder) const {
  const std::string library = "price " + std::string(release);
  trace::actor(library, trace::Actor::service);
  const auto call = trace::flow_out("link", {.lane = program});

  lab::Child child = lab::Child::run({(folder_ / program).string()},
                                     {.env = {{"LD_LIBRARY_PATH", folder.string()}}});
  trace::actor(program, trace::Actor::process, child.pid());
  const lab::Exit& exit = child.wait();
  std::string said = exit.ok() ? exit.out : exit.err;
  said = said.substr(0, said.find('\n'));
  // "/build/shop: error while ...": as one would read it in the folder itself
  const std::string path = folder_.string() + '/';
  for (auto at = said.find(path); at != said.npos; at = said.find(path))
    said.erase(at, path.size());

  const auto missing = said.rfind("undefined symbol");
  trace::flow_in(call, exit.ok() ? "ran: " + said : "cannot be linked",
                 {.lane = library});
  trace::state(library, exit.ok()              ? "fits"
                        : missing == said.npos ? "refused: no file of that name"
                                               : "refused: " + said.substr(missing));
  trace::instant(exit.ok() ? "ran" : "was not started",
                 {.lane = program, .cause = call, .args = {{"said", said}}});
  return {exit.ok(), said};
}

std::set<std::string> Releases::functions_of(std::string_view release) const {
  std::string lines;
  try {
    lab::Child nm = lab::Child::run({"nm", "--dynamic", "--defined-only",
                                     "--format=posix", file_of(release).string()},
                                    {.env = {{"LC_ALL", "C"}}});
    if (!nm.wait().ok())
      throw lab::Error("nm " + file_of(release).string(), nm.wait().err);
    lines = nm.wait().out;
  } catch (const lab::Error& error) {
    throw lab::Absent(std::string(error.what()) + "; apt-get install binutils");
  }
  std::set<std::string> names;
  std::istringstream stream(lines);
  for (std::string line; std::getline(stream, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (name.starts_with("price_")) names.insert(name);
  }
  return names;
}

}  // namespace lab27
