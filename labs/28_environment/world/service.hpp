// service.hpp: the program that the scenes deploy, as a process of its own.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "environment.hpp"

namespace lab28 {

using Variables = std::vector<std::pair<std::string, std::string>>;

// What a launcher decides. `environment` is all that the service has of the names below.
struct Deployment {
  std::string name{};  // as the picture calls it
  Variables environment{};
  std::filesystem::path env_file{};  // read if it exists
  std::vector<std::string> flags{};  // "--port=8080"
  bool file_overrides = false;       // the file before the environment
};

struct Started {
  int code = 0;  // 78: it refused its configuration
  std::map<std::string, Setting> settings{};
  std::vector<std::string> problems{};
  std::string checksum{};  // of the program's file
};

// Starts the service, and waits until it has told its settings and ended.
Started start(const Deployment& deployment);

// The service itself. args: its .env file, "override" or "", its flags.
int service(std::span<const std::string> args);

}  // namespace lab28
