#include "core/run_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "lab/core/terminal.hpp"

namespace runner {

namespace {

using Json = nlohmann::ordered_json;
using Verdict = Claim::Verdict;
using Outcome = Entry::Outcome;

constexpr std::size_t kFaultsTold = 3;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

template <class Number>
Number number_of(const Json& object, const char* key, Number otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<Number>() : otherwise;
}

// "05.10" after "05.9".
int place_in_lab(const std::string& id) {
  const std::size_t dot = id.find('.');
  int place = 0;
  if (dot != std::string::npos) {
    std::from_chars(id.data() + dot + 1, id.data() + id.size(), place);
  }
  return place;
}

void sort_by_id(std::vector<Claim>& claims) {
  std::ranges::stable_sort(claims, {}, [](const Claim& claim) {
    return std::pair(claim.id.substr(0, claim.id.find('.')), place_in_lab(claim.id));
  });
}

std::string last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  const std::size_t begin = text.rfind('\n');
  return lab::printable(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

std::string plural(int count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

void RunReader::line(std::string_view line) {
  ++lines_;
  if (line.empty()) return;
  const Json event = Json::parse(line, nullptr, false);
  if (!event.is_object()) return unreadable(line, "is not an event");
  const std::string category = text_of(event, "cat");
  if (category != "claim" && category != "run" && category != "nuance") return;
  const auto args = event.find("args");
  if (args == event.end() || !args->is_object()) return unreadable(line, "has no args");

  if (category == "run") {
    if (text_of(event, "name") != "end") return;
    ended_ = true;
    told_ = number_of(*args, "claims", -1);
    dropped_ = number_of(*args, "dropped", 0L);
    return;
  }
  const std::string id = text_of(*args, "id");
  if (category == "nuance") {
    nuances_[id] = text_of(event, "name");
    return;
  }
  const auto holds = args->find("holds");
  if (id.empty() || holds == args->end() || !holds->is_boolean()) {
    return unreadable(line, "is a claim without an id or a verdict");
  }
  auto claim = std::ranges::find(claims_, id, &Claim::id);
  if (claim == claims_.end()) {
    claim = claims_.insert(
        claim,
        {.id = id, .sentence = text_of(*args, "claim"), .verdict = Verdict::holds});
  }
  // A claim holds when it held each time; if not, only where it failed is of interest.
  const bool held = holds->get<bool>();
  if (!held && claim->verdict == Verdict::holds) {
    claim->verdict = Verdict::fails;
    claim->evidence.clear();
  }
  if (held == (claim->verdict == Verdict::holds)) {
    claim->evidence.push_back(text_of(*args, "evidence"));
  }
}

void RunReader::unreadable(std::string_view line, std::string_view why) {
  faults_.push_back(
      fmt::format("line {} {}: {}", lines_, why, lab::printable(line.substr(0, 60))));
}

std::vector<Claim> RunReader::claims() const {
  std::vector<Claim> claims = claims_;
  sort_by_id(claims);
  return claims;
}

Entry RunReader::finish(const Lab& lab, const RunExit& exit,
                        std::chrono::milliseconds took) const {
  Entry entry{.lab = lab, .claims = claims_, .took = took};
  if (exit.code == 77 && !exit.timed_out) {
    entry.outcome = Outcome::absent;
    const std::string why = last_line(exit.errors);
    entry.notes = {why.empty() ? "something that it needs is not installed" : why};
    sort_by_id(entry.claims);
    return entry;
  }
  for (Claim& claim : entry.claims) claim.listed = false;
  for (int i = 1; i <= lab.claims; ++i) {
    const std::string id = fmt::format("{}.{}", lab.number, i);
    const auto made = std::ranges::find(entry.claims, id, &Claim::id);
    if (made == entry.claims.end()) {
      // What the run said of it instead is why: it needs root, for example.
      const auto why = nuances_.find(id);
      entry.claims.push_back({.id = id,
                              .sentence = why == nuances_.end()
                                              ? "the run never made this claim"
                                              : why->second});
    } else {
      made->listed = true;
    }
  }
  sort_by_id(entry.claims);
  entry.notes = troubles(exit);
  for (const Claim& claim : entry.claims) {
    if (!claim.listed) {
      entry.notes.push_back(fmt::format("{} is not in the catalogue, which counts {}",
                                        lab::printable(claim.id),
                                        plural(lab.claims, "claim")));
    }
  }
  const bool all_hold = std::ranges::all_of(
      entry.claims, [](const Claim& claim) { return claim.verdict == Verdict::holds; });
  if (exit.code != 0 && entry.notes.empty() && all_hold) {
    entry.notes.push_back(fmt::format("exit code {}, though no claim failed", exit.code));
  }
  if (all_hold && entry.notes.empty()) entry.outcome = Outcome::proven;
  return entry;
}

// What is wrong with the run itself, whatever it claimed.
std::vector<std::string> RunReader::troubles(const RunExit& exit) const {
  std::vector<std::string> notes;
  const std::string last = last_line(exit.errors);
  if (exit.timed_out) {
    notes.push_back("it was still running at its deadline and was ended");
  } else if (exit.signal) {
    notes.push_back(fmt::format("it was killed by signal {} ({})", exit.signal,
                                strsignal(exit.signal)));
  } else if (!ended_) {
    notes.push_back(
        fmt::format("it broke off: exit code {}, without the end of its run", exit.code));
  } else if (told_ >= 0 && told_ != static_cast<int>(claims_.size())) {
    notes.push_back(fmt::format("it made {}, but {} arrived", plural(told_, "claim"),
                                claims_.size()));
  }
  if (dropped_ > 0) notes.push_back(fmt::format("{} events were dropped", dropped_));
  for (std::size_t i = 0; i < std::min(kFaultsTold, faults_.size()); ++i) {
    notes.push_back(faults_[i]);
  }
  if (faults_.size() > kFaultsTold) {
    notes.push_back(fmt::format("and {} more such lines", faults_.size() - kFaultsTold));
  }
  if ((exit.code != 0 || !notes.empty()) && !last.empty()) notes.push_back(last);
  return notes;
}

}  // namespace runner
