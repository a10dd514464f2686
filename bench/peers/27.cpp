// Lab 27's versions and ranges as contestants: peers_27 NAME COUNT.
#include <map>
#include <stdexcept>
#include <vector>

#include "semver.hpp"
#include "timed.hpp"

namespace {

using lab::semver::Range;
using lab::semver::Version;

// A hundred versions, the same in 27.mjs.
std::vector<std::string> versions() {
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) {
    texts.push_back(
        fmt::format("{}.{}.{}{}", i % 3, i % 7, i % 11, i % 5 ? "" : "-rc.1"));
  }
  return texts;
}

std::string parsed(std::int64_t count) {
  const auto texts = versions();
  const auto range = Range::parse("^1.2.3 || ~2.4");
  std::int64_t allowed = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto version =
        Version::parse(texts[static_cast<std::size_t>(i) % texts.size()]);
    allowed += version && range->allows(*version);
  }
  return fmt::format("{} allowed", allowed);
}

// Each time another range, so that no cache of the peer's helps.
std::string fresh(std::int64_t count) {
  const auto texts = versions();
  std::int64_t allowed = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto range = Range::parse(fmt::format("^1.2.{} || ~2.4", i));
    const auto version =
        Version::parse(texts[static_cast<std::size_t>(i) % texts.size()]);
    allowed += range && version && range->allows(*version);
  }
  return fmt::format("{} allowed", allowed);
}

std::string compare(std::int64_t count) {
  const auto texts = versions();
  std::int64_t less = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    less += *Version::parse(texts[at % 100]) < *Version::parse(texts[(at * 7 + 1) % 100]);
  }
  return fmt::format("{} less", less);
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"parsed", parsed}, {"fresh", fresh}, {"compare", compare}};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_27 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
}
