// environment.hpp: what a program is told from outside, read once into typed values.
//
//   flags > environment > .env file > default      the first that has the name wins
//
// Errors    A value that is missing or wrong is noted, and reading goes on with a stand-in;
//           check() then throws InvalidEnvironment with every problem, so that a person
//           mends them all at once. The value of a secret appears in no message.
// Threads   Read it at the start, before there are threads: getenv() and setenv() share
//           memory without a lock.
// Cost      One lookup a layer and value; afterwards a setting is a plain member.
// Source    The Twelve-Factor App, "Config"; dotenv and Node's --env-file for who wins;
//           NAME_FILE as the official Docker images have it.
// Left out  Nested settings, lists, reloading: a change takes a restart.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "env_file.hpp"

namespace lab28 {

// Step 1: a value is always text, and it remembers where it came from.
struct Setting {
  std::string value;
  std::string origin;  // "flag --port", "environment", ".env:3"
};
using Layer = std::map<std::string, Setting, std::less<>>;

// "--log-level=debug" sets LOG_LEVEL. Throws std::invalid_argument for anything else.
Layer flags(std::span<const std::string> args);

// Of a block as the kernel passes it: "NAME=value" texts, closed by a null pointer.
Layer environment(const char* const* block);

// Of a file that was parsed; `name` is what messages call it.
Layer file(const EnvFile& parsed, std::string_view name);

class InvalidEnvironment : public std::runtime_error {
 public:
  explicit InvalidEnvironment(std::vector<std::string> problems);
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<std::string> problems_;
};

// Step 2: typed readers. Each states what is allowed, and a fallback if there is one.
class Environment {
 public:
  // The strongest layer comes first.
  explicit Environment(std::vector<Layer> layers) : layers_(std::move(layers)) {}

  std::string text(std::string_view name, std::optional<std::string> fallback = {});
  long number(std::string_view name, long least, long most,
              std::optional<long> fallback = {});
  bool flag(std::string_view name, std::optional<bool> fallback = {});  // true or false

  // NAME, or better the contents of the file that NAME_FILE names, without the newline at
  // its end. The first layer that has one of the two wins; if it has both, the file does.
  // A secret has no fallback.
  std::string secret(std::string_view name);

  // Where a setting came from: "default" if no layer has it. For a secret that was read
  // from a file, where NAME_FILE came from.
  std::string origin(std::string_view name) const;

  // Throws InvalidEnvironment if anything that was read so far is missing or wrong.
  void check() const;

 private:
  const Setting* find(std::string_view name) const;
  // NAME_FILE or NAME, whichever wins.
  const Layer::value_type* find_secret(std::string_view name) const;
  // The setting; without one a problem is noted, unless there is a fallback.
  const Setting* expect(std::string_view name, bool has_fallback);
  void wrong(std::string_view name, const Setting& setting, std::string_view expected);

  std::vector<Layer> layers_;
  std::set<std::string, std::less<>> secrets_;  // names that were read as such
  std::vector<std::string> problems_;
};

}  // namespace lab28
