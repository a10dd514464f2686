// secrets.cpp: a password in a variable, and one in a file.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "environment.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"

namespace lab28 {

namespace trace = lab::trace;

namespace {

constexpr std::string_view kPassword = "correct-horse-battery";

const char* holds(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos ? "yes" : "no";
}

struct Seen {
  std::string by_service, by_neighbour, by_child;
  std::string later_in_proc, later_in_child;  // what it set after its start
};

// A service with this environment; who gets to see the password is drawn.
Seen deploy(const char* name, const std::pair<std::string, std::string>& variable) {
  lab::Child service = lab::Child::run({"sleep", "60"}, {.env = {variable}});
  trace::actor(name, trace::Actor::process, service.pid());
  const std::string in_proc = contents(fmt::format("/proc/{}/environ", service.pid()));
  service.kill(SIGKILL);

  // The same environment; this service sets another variable, looks, and starts a child.
  const std::string told =
      lab::Child::run({"sh", "-c",
                       "export SET_LATER=yes; tr '\\0' '\\n' < /proc/$$/environ; "
                       "echo CHILD; env"},
                      {.env = {variable}})
          .wait()
          .out;
  const auto child = told.find("\nCHILD\n");
  Environment env({{{variable.first, {variable.second, "environment"}}}});
  const Seen seen{holds(env.secret("DB_PASSWORD"), kPassword), holds(in_proc, kPassword),
                  holds(told.substr(child), kPassword),
                  holds(told.substr(0, child), "SET_LATER="),
                  holds(told.substr(child), "SET_LATER=")};
  int others = 0;
  for (const auto& [who, sees] :
       {std::pair{"neighbour", seen.by_neighbour}, std::pair{"child", seen.by_child}}) {
    if (sees == "no") continue;
    trace::flow_in(trace::flow_out("password", {.lane = name}), "password",
                   {.lane = who});
    trace::state(who, "leaked: has the password");
    ++others;
  }
  trace::state(
      name, others ? fmt::format("leaked to {} others", others) : "nobody else sees it");
  return seen;
}

}  // namespace

void secrets(lab::Story& story, const Knobs&) {
  story.say(
      "One service gets its password in a variable, another in a file. A neighbour, "
      "another process of the same user, looks into /proc, and each service starts a "
      "child. Only the variable should leak.");
  story.picture(lab::Picture::nodes, {"variable", "file", "neighbour", "child"});
  trace::actor("neighbour", trace::Actor::process, getpid());  // it is this lab
  trace::actor("child", trace::Actor::process);
  for (const char* name : {"DB_PASSWORD", "DB_PASSWORD_FILE"}) unsetenv(name);

  const Seen open = deploy("variable", {"DB_PASSWORD", std::string(kPassword)});
  const auto path = lab::run_dir() / "db_password";
  std::ofstream(path) << kPassword << '\n';
  chmod(path.c_str(), 0400);
  const Seen closed = deploy("file", {"DB_PASSWORD_FILE", path.string()});

  story.table({"Who sees the password",
               {"password in", "the service", "/proc, by a neighbour", "its child"},
               {{"a variable", open.by_service, open.by_neighbour, open.by_child},
                {"a file", closed.by_service, closed.by_neighbour, closed.by_child}}});
  story.table({"A variable that the service sets later, with setenv()",
               {"where", "is it there?"},
               {{"/proc of the service", open.later_in_proc},
                {"a child of the service", open.later_in_child}}});
  story.claim("28.2",
              open.by_service == "yes" && open.by_neighbour == "yes" &&
                  open.by_child == "yes" && closed.by_service == "yes" &&
                  closed.by_neighbour == "no" && closed.by_child == "no",
              "the password in a variable was read in /proc by process {} and by the "
              "service's child; of the one in a file both saw nothing but the path",
              getpid());
  story.nuance("28.2",
               "Variables are handy for what is not secret. A secret file protects "
               "against leaks by inheritance, crash reports and /proc; who runs as the "
               "same user can still open the file.");
  story.takeaway(
      "Give a program the path of a secret, not the secret itself: children inherit "
      "variables, and /proc shows them.");
}

}  // namespace lab28
