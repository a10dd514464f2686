#include "core/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lab/core/error.hpp"
#include "lab/core/terminal.hpp"

namespace runner {

namespace {

using Json = nlohmann::json;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& byte : result) {
    byte = byte == '-'
               ? '_'
               : static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  }
  return result;
}

bool is_folder(const std::string& folder, const std::string& number) {
  const auto plain = [](unsigned char byte) { return std::isalnum(byte) || byte == '_'; };
  return folder.size() > 3 && folder.starts_with(number + "_") &&
         std::ranges::all_of(folder, plain);
}

Lab read_lab(const Json& entry) {
  Lab lab;
  entry.at("number").get_to(lab.number);
  entry.at("folder").get_to(lab.folder);
  entry.at("question").get_to(lab.question);
  entry.at("section").get_to(lab.section);
  entry.at("common").get_to(lab.common);
  entry.at("hard").get_to(lab.hard);
  entry.at("claims").get_to(lab.claims);
  entry.at("needs").get_to(lab.needs);
  if (lab.number.size() != 2 || !is_folder(lab.folder, lab.number) || lab.claims < 0) {
    throw std::invalid_argument(
        "its number, folder or claims are not what they should be");
  }
  return lab;
}

// How many letters must be put in, taken out or changed to make one text the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }
  return row.back();
}

// A beginning or a middle of a name is nearer to it than any misspelling.
std::size_t strangeness(const std::string& typed, const std::string& name) {
  if (typed.size() >= 3 && name.find(typed) != std::string::npos) return 0;
  return distance(typed, name);
}

}  // namespace

Catalog Catalog::of(const Place& place) {
  const auto path = place.labs() / "catalog.json";
  std::ifstream file(path);
  if (!file) throw lab::Error("read " + path.string(), "it cannot be opened");
  std::ostringstream text;
  text << file.rdbuf();
  return parse(text.str(), path.string());
}

Catalog Catalog::parse(std::string_view text, std::string_view origin) {
  const std::string tried = fmt::format("read {}", origin);
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_array()) throw lab::Error(tried, "it is not a JSON list");
  Catalog catalog;
  for (const Json& entry : json) {
    try {
      catalog.labs_.push_back(read_lab(entry));
    } catch (const std::exception& error) {
      throw lab::Error(
          tried, fmt::format("entry {}: {}", catalog.labs_.size() + 1, error.what()));
    }
  }
  return catalog;
}

const Lab* Catalog::find(std::string_view typed) const {
  const std::string wanted = lower(typed);
  const auto is_wanted = [&](const Lab& lab) {
    return wanted == lab.number || wanted == lab.typed() || wanted == lab.name() ||
           wanted == lab.folder;
  };
  const auto found = std::ranges::find_if(labs_, is_wanted);
  return found == labs_.end() ? nullptr : &*found;
}

const Lab& Catalog::written(std::string_view typed, const Place& place) const {
  const Lab* lab = find(typed);
  if (!lab) refuse(typed);
  if (!lab->written(place)) {
    std::vector<std::string> there;
    for (const Lab& other : all_written(place)) there.push_back(other.typed());
    throw Usage(fmt::format(
        "lab {} ({}) is still to come; its answer is in labs/{}/README.md; there are {}",
        lab->typed(), lab->name(), lab->folder, fmt::join(there, ", ")));
  }
  return *lab;
}

std::vector<Lab> Catalog::all_written(const Place& place) const {
  std::vector<Lab> result;
  std::ranges::copy_if(labs_, std::back_inserter(result),
                       [&](const Lab& lab) { return lab.written(place); });
  return result;
}

std::vector<Lab> Catalog::meant(std::string_view section, std::string_view lab) const {
  std::vector<Lab> result = labs_;
  if (!lab.empty()) {
    const Lab* one = find(lab);
    if (!one) refuse(lab);
    result = {*one};
  }
  if (!section.empty()) {
    const std::string name = section_named(section);
    std::erase_if(result, [&](const Lab& each) { return each.section != name; });
  }
  return result;
}

std::string Catalog::section_named(std::string_view typed) const {
  std::vector<std::string> sections;
  for (const Lab& lab : labs_) {
    if (std::ranges::find(sections, lab.section) == sections.end())
      sections.push_back(lab.section);
  }
  std::vector<std::string> meant;
  for (const std::string& section : sections) {
    if (lower(section).find(lower(typed)) != std::string::npos) meant.push_back(section);
  }
  if (meant.size() == 1) return meant[0];
  throw Usage(fmt::format("section {}: there are {}", lab::printable(std::string(typed)),
                          fmt::join(sections, "; ")));
}

void Catalog::refuse(std::string_view typed) const {
  const std::string wanted = lower(typed);
  const auto nearest = std::ranges::min_element(
      labs_, {}, [&](const Lab& lab) { return strangeness(wanted, lab.name()); });
  if (nearest == labs_.end() || strangeness(wanted, nearest->name()) >
                                    std::max<std::size_t>(2, wanted.size() / 2)) {
    throw Usage(fmt::format("there is no lab {}; ./lab lists them", typed));
  }
  throw Usage(fmt::format("there is no lab {}; did you mean {} ({})?", typed,
                          nearest->name(), nearest->typed()));
}

}  // namespace runner
