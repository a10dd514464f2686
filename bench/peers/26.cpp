// Lab 26's logger as a contestant: peers_26 NAME COUNT.
#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include "line_sink.hpp"
#include "logging.hpp"
#include "timed.hpp"

namespace {

using namespace lab26;

const std::string kPath =
    std::filesystem::temp_directory_path() / fmt::format("peers_26_{}.log", getpid());

std::string lines_in_file() {
  std::ifstream file(kPath);
  const auto lines = std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  std::filesystem::remove(kPath);
  return fmt::format("{} lines", lines);
}

void log_lines(std::int64_t count, Level level, LogOptions options) {
  options.when_full = WhenFull::block;
  Logger log({std::make_shared<LineSink>(kPath)}, options);
  for (std::int64_t n = 0; n < count; ++n) {
    log.log(level, "request served", {{"route", "/pay"}, {"n", n}, {"ms", 12}});
  }
}

// The limit: the bytes of a line, one write(2) each.
std::string bare(std::int64_t count) {
  const lab::Descriptor fd(open(kPath.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600));
  const std::string line(95, 'x');
  for (std::int64_t n = 0; n < count; ++n) {
    if (write(fd.get(), (line + "\n").data(), 96) != 96)
      throw std::runtime_error("write");
  }
  return "";
}
std::string direct(std::int64_t count) {
  log_lines(count, Level::info, {.queue_bytes = 0});
  return "";
}
std::string queued(std::int64_t count) {
  log_lines(count, Level::info, {.gather_bytes = 4'096});
  return "";
}
std::string off(std::int64_t count) {
  log_lines(count, Level::debug, {.queue_bytes = 0});
  return "";
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"bare", bare}, {"direct", direct}, {"queued", queued}, {"off", off}};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_26 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]), peers::own_cpu_ns,
               lines_in_file);
}
