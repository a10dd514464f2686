#include "world/service.hpp"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "lab/core/error.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/process.hpp"

namespace lab28 {

namespace trace = lab::trace;
using Json = nlohmann::json;

// Step 9: the whole start of a program: layers, typed readers, one check.
int service(std::span<const std::string> args) {
  const Layer from_file = file(parse_env_file(contents(args[0])), ".env");
  const Layer from_host = environment(environ);
  const bool overrides = args[1] == "override";
  Environment env({flags(args.subspan(2)), overrides ? from_file : from_host,
                   overrides ? from_host : from_file});
  Json told;
  const auto tell = [&](const char* name, const std::string& value) {
    told["settings"][name] = {value, env.origin(name)};
  };
  tell("PORT", std::to_string(env.number("PORT", 1, 65'535)));
  tell("DATABASE_URL", env.text("DATABASE_URL"));
  tell("DEBUG", env.flag("DEBUG", false) ? "true" : "false");
  try {
    env.check();
  } catch (const InvalidEnvironment& invalid) {
    fmt::print("{}\n", Json{{"problems", invalid.problems()}}.dump());
    return EX_CONFIG;
  }
  told["checksum"] =
      fmt::format("{:016x}", std::hash<std::string>{}(contents("/proc/self/exe")));
  fmt::print("{}\n", told.dump());
  return 0;
}

Started start(const Deployment& deployment) {
  for (const char* name : {"PORT", "DATABASE_URL", "DEBUG"}) unsetenv(name);
  std::vector<std::string> args = {deployment.env_file.string(),
                                   deployment.file_overrides ? "override" : ""};
  args.insert(args.end(), deployment.flags.begin(), deployment.flags.end());
  lab::Child child = lab::Child::role("service", args, {.env = deployment.environment});
  trace::actor(deployment.name, trace::Actor::process, child.pid());
  const lab::Exit& exit = child.wait();
  const Json told = Json::parse(exit.out, nullptr, false);
  if (!told.is_object()) throw lab::Error("start the service", exit.err);
  Started started{.code = exit.code};
  if (told.contains("problems")) {
    told["problems"].get_to(started.problems);
    return started;
  }
  for (const auto& [name, setting] : told["settings"].items()) {
    started.settings[name] = {setting[0], setting[1]};
  }
  started.checksum = told["checksum"];
  return started;
}

}  // namespace lab28
