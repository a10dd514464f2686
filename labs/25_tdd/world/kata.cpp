#include "world/kata.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "lab/core/error.hpp"
#include "lab/core/program.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/run_dir.hpp"

namespace lab25 {

namespace fs = std::filesystem;

namespace {

fs::path sources() {  // the build copies them beside the program
  return fs::read_symlink("/proc/self/exe").parent_path() / "25_kata";
}

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

int lines_with(const std::string& text, std::string_view beginning) {
  int count = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) count += line.starts_with(beginning);
  return count;
}

}  // namespace

Kata::Kata(int largest)
    : folder_(lab::run_dir() / "kata"), largest_(std::to_string(largest)) {
  fs::create_directories(folder_);
  const char* chosen = std::getenv("CXX");
  compiler_ = chosen && *chosen ? chosen : "c++";
  try {
    lab::Child::run({compiler_, "--version"}).wait();
  } catch (const lab::Error&) {
    throw lab::Absent("this lab compiles its kata: apt-get install g++");
  }
}

std::string Kata::text(const std::string& file) {
  const std::string text = read(sources() / file);
  if (text.empty()) throw lab::Error("read " + (sources() / file).string(), "not there");
  return text;
}

fs::path Kata::object(const fs::path& source) {
  const fs::path object = folder_ / (source.stem().string() + ".o");
  if (fs::exists(object)) return object;  // of a scene before
  const lab::trace::Span span("compile " + source.filename().string(),
                              {.lane = "compiler"});
  lab::Child child =
      lab::Child::run({compiler_, "-std=c++20", "-O0", "-I", sources().string(), "-c",
                       source.string(), "-o", object.string()},
                      {.deadline = std::chrono::seconds(60)});
  if (!child.wait().ok()) throw lab::Error("compile the kata", child.wait().err);
  return object;
}

lab::Exit Kata::link(const std::string& suite, const fs::path& implementation,
                     const fs::path& program) {
  std::vector<std::string> command = {compiler_,
                                      object(sources() / (suite + ".cpp")).string()};
  if (!implementation.empty()) command.push_back(object(implementation).string());
  command.insert(command.end(), {"-o", program.string()});
  return lab::Child::run(command, {.deadline = std::chrono::seconds(60)}).wait();
}

// Step 6: a test without code does not even link, and that counts as red.
TestRun Kata::run(const std::string& suite, const std::string& implementation) {
  TestRun run{.tests_checksum = std::hash<std::string>{}(text(suite + ".cpp"))};
  const fs::path source =
      implementation.empty() ? fs::path() : sources() / (implementation + ".cpp");
  const fs::path program = folder_ / (suite + "-" + implementation);
  if (const lab::Exit linked = link(suite, source, program); !linked.ok()) {
    output_ = linked.err;
    run.built = false;
    return run;
  }
  lab::Child child =
      lab::Child::run({program.string()}, {.env = {{"LARGEST", largest_}}});
  output_ = child.wait().out;
  run.passed = lines_with(output_, "ok ");
  run.failed = lines_with(output_, "not ok ");
  return run;
}

std::vector<bool> Kata::stays_green(const std::string& suite,
                                    const std::vector<std::string>& texts) {
  // Step 7: all mutants stand in one program, each in a namespace, and a variable chooses.
  // So a hundred of them cost one compilation.
  std::string source = "#include <cstdlib>\n#include \"roman.hpp\"\n";
  std::string choices;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    source += fmt::format("namespace mutant_{} {{\n{}\n}}\n", i, texts[i]);
    choices += fmt::format("    case {}: return mutant_{}::roman(number);\n", i, i);
  }
  source +=
      "std::string roman(int number) {\n"
      "  static const int mutant = std::atoi(std::getenv(\"MUTANT\"));\n"
      "  switch (mutant) {\n" +
      choices + "  }\n  return \"\";\n}\n";
  const fs::path all =
      folder_ / fmt::format("mutants_{:08x}.cpp", std::hash<std::string>{}(source) >> 32);
  std::ofstream(all) << source;
  const fs::path program = folder_ / ("mutants-" + suite);
  const lab::Exit linked = link(suite, all, program);
  if (!linked.ok()) throw lab::Error("link the mutants", linked.err);
  std::vector<bool> green;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    lab::Child child =
        lab::Child::run({program.string()},
                        {.env = {{"MUTANT", std::to_string(i)}, {"LARGEST", largest_}}});
    green.push_back(child.wait().ok());
  }
  return green;
}

}  // namespace lab25
