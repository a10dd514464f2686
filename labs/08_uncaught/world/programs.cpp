#include "world/programs.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace lab08 {

namespace {

std::string what(const Error& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& caught) {
    return caught.what();
  }
}

[[noreturn]] void boom() {
  throw std::runtime_error("x");
}
Error an_error(const char* text = "x") {
  return std::make_exception_ptr(std::runtime_error(text));
}

void later(Runtime& node, Job job) {
  node.set_timeout(std::move(job), 1);
}
void still_alive(Runtime& node, const Print& print) {
  node.set_timeout([print] { print("still alive"); }, 30);
}
auto tells(const Print& print) {
  return [print](const Error& error, Origin origin) {
    print(fmt::format("UE {} {}", what(error), name(origin)));
  };
}

void throws(Runtime& node, const Print& print) {
  later(node, boom);
  still_alive(node, print);
}
void rejects(Runtime& node, const Print& print) {
  Promise::rejected(node, an_error());
  still_alive(node, print);
}

// .catch() that comes late, by whichever queue brings it.
void catches(const Promise& promise, const Print& print) {
  Promise(promise).or_else([print](const Error&) { print("handled"); });
}

std::vector<Program> exceptions() {
  return {
      {"a timer throws", throws},
      {"a timer throws, uncaughtException handler",
       [](Runtime& node, const Print& print) {
         node.on_uncaught = tells(print);
         throws(node, print);
       }},
      {"the handler throws, too",
       [](Runtime& node, const Print&) {
         node.on_uncaught = [](const Error&, Origin) { throw std::runtime_error("y"); };
         later(node, boom);
       }},
      {"uncaughtExceptionMonitor only",
       [](Runtime& node, const Print& print) {
         node.on_monitor = [print](const Error&, Origin origin) {
           print(fmt::format("MON {}", name(origin)));
         };
         later(node, boom);
       }},
      {"exitCode = 5 in the handler",
       [](Runtime& node, const Print&) {
         node.on_uncaught = [&node](const Error&, Origin) { node.exit_code = 5; };
         later(node, boom);
       }},
      {"try around a timer",
       [](Runtime& node, const Print& print) {
         try {
           later(node, boom);
         } catch (const std::exception&) {
           print("caught");
         }
       }},
      {"try inside the timer",
       [](Runtime& node, const Print& print) {
         later(node, [print] {
           try {
             boom();
           } catch (const std::exception&) {
             print("caught");
           }
         });
       }},
  };
}

std::vector<Program> rejections() {
  return {
      {"a rejection", rejects},
      {"a rejection, unhandledRejection handler",
       [](Runtime& node, const Print& print) {
         node.on_unhandled = [print](const Error& error) { print("UR " + what(error)); };
         rejects(node, print);
       }},
      {"a rejection, only uncaughtException handler",
       [](Runtime& node, const Print& print) {
         node.on_uncaught = tells(print);
         rejects(node, print);
       }},
      {"a rejection, --unhandled-rejections=warn", rejects, Rejections::warn},
      {"try around an async call, not awaited",
       [](Runtime& node, const Print& print) {
         try {
           Promise::async(node, boom);
         } catch (const std::exception&) {
           print("caught");
         }
       }},
      {"an async call with .catch()",
       [](Runtime& node, const Print& print) {
         catches(Promise::async(node, boom), print);
       }},
      {"the .catch() throws, too",
       [](Runtime& node, const Print&) {
         Promise::async(node, boom).or_else([](const Error&) { boom(); });
       }},
  };
}

std::vector<Program> late_handlers() {
  return {
      {".catch() in the same tick",
       [](Runtime& node, const Print& print) {
         const auto promise = Promise::rejected(node, an_error());
         node.next_tick([=] { catches(promise, print); });
       }},
      {".catch() in a microtask of a microtask",
       [](Runtime& node, const Print& print) {
         const auto promise = Promise::rejected(node, an_error());
         node.microtask([&node, promise, print] {
           node.microtask([=] { catches(promise, print); });
         });
       }},
      {".catch() one setImmediate late",
       [](Runtime& node, const Print& print) {
         const auto promise = Promise::rejected(node, an_error());
         node.set_immediate([=] { catches(promise, print); });
       }},
      {".catch() one setImmediate late, --unhandled-rejections=warn",
       [](Runtime& node, const Print& print) {
         const auto promise = Promise::rejected(node, an_error());
         node.set_immediate([=] { catches(promise, print); });
       },
       Rejections::warn},
      {".catch() one setImmediate late, with handlers",
       [](Runtime& node, const Print& print) {
         node.on_unhandled = [print](const Error&) { print("UR"); };
         node.on_handled_late = [print] { print("RH"); };
         const auto promise = Promise::rejected(node, an_error());
         node.set_immediate([=] { catches(promise, print); });
       }},
  };
}

std::vector<Program> all() {
  std::vector<Program> made = exceptions();
  for (auto* more : {&rejections, &late_handlers}) {
    for (Program& one : (*more)()) made.push_back(std::move(one));
  }
  return made;
}

}  // namespace

const std::vector<Program>& programs() {
  static const std::vector<Program> made = all();
  return made;
}

int program_main(std::span<const std::string> args) {
  const auto number = args.size() == 1 ? std::stoul(args[0]) : programs().size();
  if (number >= programs().size()) return 2;
  const Program& program = programs()[number];
  Runtime node(program.rejections);
  return node.run([&] {
    program.run(node, [](const std::string& line) { fmt::print("{}\n", line); });
  });
}

}  // namespace lab08
