// Lab 28's parser as a contestant: peers_28 NAME COUNT.
#include <algorithm>
#include <map>
#include <stdexcept>

#include "env_file.hpp"
#include "timed.hpp"

namespace {

std::string text() {
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    lines += fmt::format("NAME_{}=\"a value # of {} with blanks\" # said here\n", i, i);
  }
  return lines;
}

// The limit: each byte is looked at once.
std::string scan(std::int64_t count) {
  const std::string lines = text();
  std::int64_t found = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    found += std::count(lines.begin(), lines.end(), '\n');
  }
  return fmt::format("{} lines", found);
}

std::string parse(std::int64_t count) {
  const std::string lines = text();
  std::int64_t found = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    found += static_cast<std::int64_t>(lab28::parse_env_file(lines).entries.size());
  }
  return fmt::format("{} lines", found);
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"scan", scan}, {"parse", parse}};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_28 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
}
