#include "options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace lab {

namespace {

std::string knob_help(const KnobSpec& knob) {
  if (!knob.choices.empty()) {
    return fmt::format("{} ({}; now {})", knob.help, fmt::join(knob.choices, ", "),
                       knob_text(knob, knob.initial));
  }
  if (knob.is_switch)
    return fmt::format("{} (now {})", knob.help, knob_text(knob, knob.initial));
  return fmt::format("{} ({} to {}; now {})", knob.help, knob_text(knob, knob.least),
                     knob_text(knob, knob.most), knob_text(knob, knob.initial));
}

void add_knob(CLI::App& app, const KnobSpec& knob, std::atomic<double>& value) {
  const auto set = [&knob, &value](const std::string& text) {
    try {
      value.store(knob_value(knob, text), std::memory_order_relaxed);
    } catch (const std::invalid_argument& error) {
      throw CLI::ValidationError("--" + knob.name, error.what());
    }
  };
  app.add_option_function<std::string>("--" + knob.name, set, knob_help(knob))
      ->type_name(knob.is_switch ? "on|off" : "VALUE")
      ->group("Knobs");
}

// Why these options cannot go together; empty: they can.
std::string contradiction(const Options& options, const Names& names) {
  const auto lists = [](const std::vector<std::string>& list, const std::string& name) {
    return std::ranges::find(list, name) != list.end();
  };
  const auto& scenes = options.times ? names.orders : names.scenes;
  if (options.live && !names.live) return "--live: this lab has no live mode";
  if (options.live && options.times) return "--live and --times do not go together";
  if (options.times && names.orders.empty())
    return "--times: this lab has no varying order";
  if (!options.scene.empty() && !lists(scenes, options.scene)) {
    return fmt::format("--scene {}: no such scene; there are {}", options.scene,
                       fmt::join(scenes, ", "));
  }
  return {};
}

}  // namespace

Parsed parse_options(int argc, char** argv, const About& about, const Names& names,
                     std::span<const KnobSpec> knobs,
                     std::span<std::atomic<double>> values) {
  Options options;
  CLI::App app(fmt::format("Lab {}: {}\n{}", about.number, about.question, about.watch));
  app.name(fmt::format("./lab run {}", about.number));
  app.add_flag("--quick", options.quick,
               "the shortest run in which every claim can fail");
  app.add_flag("--json", options.json, "print the events, one JSON object a line");
  app.add_option("--trace", options.trace_file,
                 "also write them to FILE, for ui.perfetto.dev")
      ->type_name("FILE");
  app.add_option("--scene", options.scene,
                 fmt::format("play only this one: {}", fmt::join(names.scenes, ", ")))
      ->type_name("NAME");
  if (!names.orders.empty()) {
    app.add_option("--times", options.times,
                   fmt::format("repeat and count the orders that occur: {}",
                               fmt::join(names.orders, ", ")))
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
  }
  if (names.live)
    app.add_flag("--live", options.live, "run until stopped; turn the knobs");
  app.add_flag("--describe", options.describe, "print scenes and knobs as JSON");
  for (std::size_t i = 0; i < knobs.size(); ++i) add_knob(app, knobs[i], values[i]);
  app.footer(
      "Exit codes: 0 all claims held, 1 a claim failed, 2 wrong usage, 77 something\n"
      "is not installed.");

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return {app.exit(help), options};
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "lab {}: {} (--help lists the flags)\n", about.number,
               error.what());
    return {2, options};
  }
  if (const std::string why = contradiction(options, names); !why.empty()) {
    fmt::print(stderr, "lab {}: {}\n", about.number, why);
    return {2, options};
  }
  return {std::nullopt, options};
}

}  // namespace lab
