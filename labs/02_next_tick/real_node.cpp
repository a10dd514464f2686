#include "real_node.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>

#include "lab/error.hpp"
#include "lab/process.hpp"

namespace lab02 {

namespace {

using namespace std::chrono_literals;

// What program() in puzzles.cpp does.
constexpr const char* kProgram = R"(
const order = [];
const step = (name) => () => order.push(name);
process.on('exit', () => console.log(order.join(' > ')));

setTimeout(step('timeout'), 0);
setImmediate(step('immediate'));
Promise.resolve().then(step('promise'));
queueMicrotask(step('micro'));
process.nextTick(step('tick'));
(async () => {
  order.push('async');
  await null;
  order.push('await');
})();
order.push('sync');
for (const start = Date.now(); Date.now() - start < 3;);
)";

std::string output(std::vector<std::string> argv) {
  lab::Child child =
      lab::Child::run(std::move(argv), {.deadline = 20s, .env = {{"NODE_OPTIONS", ""}}});
  const lab::Exit& exit = child.wait();
  if (!exit.ok()) throw lab::Error("run node", exit.timed_out ? "no end" : exit.err);
  return exit.out.substr(0, exit.out.find('\n'));
}

}  // namespace

RealNode play_in_node(const std::filesystem::path& folder) {
  try {
    RealNode node;
    node.version = output({"node", "--version"});
    for (auto [extension, order] :
         {std::pair{".cjs", &node.script}, std::pair{".mjs", &node.module}}) {
      const auto path = folder / (std::string("program") + extension);
      std::ofstream(path) << kProgram;
      *order = output({"node", path});
    }
    return node;
  } catch (const lab::Error& error) {
    return {.missing = error.what()};
  }
}

std::string before_the_loop(const std::string& order) {
  return order.substr(0, std::min(order.find(" > timeout"), order.find(" > immediate")));
}

}  // namespace lab02
