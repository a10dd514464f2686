// file.cpp: what a .env file says, and who is stronger.
#include <fstream>

#include "lab/core/trace.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "world/service.hpp"

namespace lab28 {

namespace trace = lab::trace;

void file_and_shell(lab::Story& story, const Knobs& knobs) {
  story.say(
      "A .env file says PORT=3000. The service starts with the file alone, then with "
      "PORT set in the shell as well, then with a flag, too. The shell and the flag "
      "should both win over the file. Last comes a loader that was told to override: "
      "there the file should win.");
  story.picture(lab::Picture::sequence, {"flag", "shell", ".env", "service"});
  for (const char* source : {"flag", "shell", ".env"}) {
    trace::actor(source, trace::Actor::client);
  }
  const auto path = lab::run_dir() / "shop.env";
  std::ofstream(path) << "# for a developer's machine\n"
                         "PORT=3000\n"
                         "DATABASE_URL='postgres://localhost/dev'  # no password\n";
  const std::string shell = std::to_string(*knobs.port);

  lab::Table table{"Who sets the port", {"given", "PORT", "from"}, {}};
  // Each source gives its value; which one the service took is what it reports.
  const auto offer = [](const char* source, const std::string& value) {
    trace::flow_in(trace::flow_out("PORT=" + value, {.lane = source}), "PORT=" + value,
                   {.lane = "service"});
  };
  const auto serve = [&](const char* given, Deployment deployment) {
    trace::instant(given, {.lane = "case"});
    offer(".env", "3000");
    if (!deployment.environment.empty()) offer("shell", shell);
    if (!deployment.flags.empty()) offer("flag", "8080");
    deployment.name = "service";
    deployment.env_file = path;
    const Setting port = start(deployment).settings.at("PORT");
    trace::instant(fmt::format("{}, from {}", port.value, port.origin),
                   {.lane = "service"});
    table.rows.push_back({given, port.value, port.origin});
    return port;
  };
  const Setting alone = serve("only the file", {});
  const Setting both =
      serve("the file and the shell", {.environment = {{"PORT", shell}}});
  const Setting flag =
      serve("the file, the shell and a flag",
            {.environment = {{"PORT", shell}}, .flags = {"--port=8080"}});
  const Setting override =
      serve("the file and the shell, with override",
            {.environment = {{"PORT", shell}}, .file_overrides = true});
  story.table(table);
  story.claim(
      "28.4",
      alone.value == "3000" && alone.origin == ".env:2" && both.value == shell &&
          both.origin == "environment" && flag.value == "8080" &&
          override.value == "3000",
      "with the file alone the service listened on port {}, and with PORT={} in the "
      "shell on {}. Control: a loader that was told to override took {} from the file",
      alone.value, shell, both.value, override.value);
  story.nuance(
      "28.4",
      "Since Node 20.6 `node --env-file=.env` does what the dotenv package does. "
      "The two, and bash, read quotes, comments and $NAME differently. The lab's "
      "README has a table.");
  story.takeaway(
      "A .env file fills in what nobody has set, and it stays on the developer's "
      "machine: never commit it.");
}

}  // namespace lab28
