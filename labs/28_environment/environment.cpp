#include "environment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace lab28 {

Layer flags(std::span<const std::string> args) {
  Layer layer;
  for (const std::string& arg : args) {
    const auto equals = arg.find('=');
    if (!arg.starts_with("--") || equals == std::string::npos || equals == 2) {
      // Not the argument itself: it may hold a password.
      throw std::invalid_argument(
          fmt::format("argument {} is not --name=value", &arg - args.data() + 1));
    }
    std::string name = arg.substr(2, equals - 2);
    std::ranges::transform(name, name.begin(), [](unsigned char byte) {
      return byte == '-' ? '_' : static_cast<char>(std::toupper(byte));
    });
    layer[name] = {arg.substr(equals + 1), "flag " + arg.substr(0, equals)};
  }
  return layer;
}

Layer environment(const char* const* block) {
  Layer layer;
  for (; block && *block; ++block) {
    const std::string_view text = *block;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;         // the kernel passes any text
    layer.try_emplace(std::string(text.substr(0, equals)),  // getenv() takes the first
                      Setting{std::string(text.substr(equals + 1)), "environment"});
  }
  return layer;
}

Layer file(const EnvFile& parsed, std::string_view name) {
  Layer layer;
  for (const EnvFile::Entry& entry : parsed.entries) {
    layer[entry.name] = {entry.value, fmt::format("{}:{}", name, entry.line)};
  }
  return layer;
}

InvalidEnvironment::InvalidEnvironment(std::vector<std::string> problems)
    : std::runtime_error(fmt::format("{}", fmt::join(problems, "\n"))),
      problems_(std::move(problems)) {
}

// Step 3: the first layer that has the name wins, so what the host sets beats the file.
const Setting* Environment::find(std::string_view name) const {
  for (const Layer& layer : layers_) {
    if (const auto found = layer.find(name); found != layer.end()) return &found->second;
  }
  return nullptr;
}

std::string Environment::text(std::string_view name,
                              std::optional<std::string> fallback) {
  const Setting* setting = expect(name, fallback.has_value());
  return setting ? setting->value : fallback.value_or("");
}

// Step 4: the whole text must be a number. atoi() takes "80a" for 80, and "" for 0.
long Environment::number(std::string_view name, long least, long most,
                         std::optional<long> fallback) {
  const Setting* setting = expect(name, fallback.has_value());
  if (!setting) return fallback.value_or(least);
  const std::string& text = setting->value;
  long value = least;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= least &&
      value <= most) {
    return value;
  }
  wrong(name, *setting, fmt::format("a whole number from {} to {}", least, most));
  return least;
}

// Step 5: only "true" and "false". In JavaScript, and with a bare getenv(), "false" is a
// text that is not empty, and therefore true.
bool Environment::flag(std::string_view name, std::optional<bool> fallback) {
  const Setting* setting = expect(name, fallback.has_value());
  if (!setting) return fallback.value_or(false);
  if (setting->value != "true" && setting->value != "false") {
    wrong(name, *setting, "true or false");
  }
  return setting->value == "true";
}

// Step 6: a secret comes from a file. A variable shows in /proc and goes on to each child.
std::string Environment::secret(std::string_view name) {
  secrets_.emplace(name);
  const auto* found = find_secret(name);
  if (!found || found->first == name) return text(name);
  std::string value = contents(found->second.value);
  while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
  if (value.empty()) {
    // Not the path: whoever mixes up the two names has put the secret there.
    problems_.push_back(
        fmt::format("{}_FILE ({}): the file that it names is empty or cannot be read",
                    name, found->second.origin));
  }
  return value;
}

// Layer by layer: a file that a forgotten .env names must not win over the host's variable.
const Layer::value_type* Environment::find_secret(std::string_view name) const {
  const std::string in_file = fmt::format("{}_FILE", name);
  for (const Layer& layer : layers_) {
    for (const std::string_view key : {std::string_view(in_file), name}) {
      if (const auto found = layer.find(key); found != layer.end()) return &*found;
    }
  }
  return nullptr;
}

std::string Environment::origin(std::string_view name) const {
  if (secrets_.contains(name)) {
    const auto* found = find_secret(name);
    return found ? found->second.origin : "default";
  }
  const Setting* setting = find(name);
  return setting ? setting->origin : "default";
}

const Setting* Environment::expect(std::string_view name, bool has_fallback) {
  const Setting* setting = find(name);
  if (!setting && !has_fallback) problems_.push_back(fmt::format("{} is not set", name));
  return setting;
}

void Environment::wrong(std::string_view name, const Setting& setting,
                        std::string_view expected) {
  problems_.push_back(fmt::format("{} is \"{}\" ({}), but must be {}", name,
                                  setting.value, setting.origin, expected));
}

// Step 7: refuse to start, and name everything that is wrong.
void Environment::check() const {
  if (!problems_.empty()) throw InvalidEnvironment(problems_);
}

}  // namespace lab28
