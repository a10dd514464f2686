#include "core/options.hpp"

#include <fmt/format.h>
#include <getopt.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "lab/core/terminal.hpp"

namespace lab {

namespace {

constexpr int kMostTimes = 1'000'000;
constexpr int kFlagColumns = 24;

// One flag. Without a `value_name` it takes no value. What `set` throws refuses the value.
struct Flag {
  std::string name;
  std::string value_name;
  std::string help;
  std::function<void(const std::string&)> set;
};

Flag on(std::string name, std::string help, bool& option) {
  return {std::move(name), "", std::move(help),
          [&option](const std::string&) { option = true; }};
}

void set_times(int& times, const std::string& text) {
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, times);
  if (error != std::errc() || rest != end || times < 1 || times > kMostTimes) {
    times = 0;
    throw std::invalid_argument(
        fmt::format("{} is not a whole number from 1 to {}", text, kMostTimes));
  }
}

std::string knob_help(const KnobSpec& knob) {
  if (!knob.choices.empty()) {
    return fmt::format("{} ({}; now {})", knob.help, fmt::join(knob.choices, ", "),
                       knob_text(knob, knob.initial));
  }
  if (knob.is_switch)
    return fmt::format("{} (now {})", knob.help, knob_text(knob, knob.initial));
  const std::string most = knob_text(knob, knob.most);
  if (knob.unit == "bytes") {
    return fmt::format("{} ({} to {}; now {})", knob.help, knob_text(knob, knob.least),
                       most, knob_text(knob, knob.initial));
  }
  return fmt::format("{} ({:.10g} to {}; now {:.10g})", knob.help, knob.least, most,
                     knob.initial);
}

Flag knob_flag(const KnobSpec& knob, std::atomic<double>& value) {
  return {knob.name, knob.is_switch ? "on|off" : "VALUE", knob_help(knob),
          [&knob, &value](const std::string& text) {
            value.store(knob_value(knob, text), std::memory_order_relaxed);
          }};
}

std::vector<Flag> flags_of_every_lab(Options& options, const Names& names) {
  std::vector<Flag> flags;
  flags.push_back(on("quick", "a short run that still tests every claim", options.quick));
  flags.push_back(on("all", "do not wait for a key after each scene", options.all));
  flags.push_back(
      on("verbose", "also print the events, and whole tables (-v)", options.verbose));
  flags.push_back(on("json", "print the events, one JSON object per line", options.json));
  flags.push_back({"trace", "FILE", "also write the events to FILE, for ui.perfetto.dev",
                   [&](const std::string& text) { options.trace_file = text; }});
  flags.push_back({"scene", "NAME",
                   fmt::format("play only this scene: {}", fmt::join(names.scenes, ", ")),
                   [&](const std::string& text) { options.scene = text; }});
  if (!names.orders.empty()) {
    flags.push_back(
        {"times", "N",
         fmt::format("play a race N times, and count the orders that came up: {}",
                     fmt::join(names.orders, ", ")),
         [&](const std::string& text) { set_times(options.times, text); }});
  }
  if (names.live)
    flags.push_back(
        on("live", "run until you stop it, and turn its knobs", options.live));
  flags.push_back(
      on("describe", "print the scenes, knobs and claims as JSON", options.describe));
  return flags;
}

void print_flag(const Flag& flag, const Terminal& terminal) {
  std::string lead = fmt::format("  --{} {}", flag.name, flag.value_name);
  if (columns(lead) >= kFlagColumns) {
    fmt::print("{}\n", terminal.styled(Style::cyan, lead));
    lead.clear();
  }
  for (const std::string& line : terminal.wrapped(flag.help, kFlagColumns)) {
    fmt::print("{}{}\n", terminal.styled(Style::cyan, padded(lead, kFlagColumns)), line);
    lead.clear();
  }
}

void print_help(const About& about, std::span<const Flag> common,
                std::span<const Flag> knobs) {
  const Terminal terminal = Terminal::of_stdout();
  const auto title = [&](std::string_view text) {
    fmt::print("\n{}\n", terminal.styled(Style::bold, text));
  };
  const auto paragraph = [&](std::string_view text) {
    for (const std::string& line : terminal.wrapped(text, 0)) fmt::print("{}\n", line);
  };
  paragraph(fmt::format("Lab {}: {}", about.number, about.question));
  paragraph(about.watch);
  title(fmt::format("./lab run {} [FLAGS]", about.number));
  for (const Flag& flag : common) print_flag(flag, terminal);
  if (!knobs.empty()) title("Knobs");
  for (const Flag& flag : knobs) print_flag(flag, terminal);
  fmt::print("\n");
  paragraph(
      "Exit codes: 0 all claims held, 1 a claim failed, 2 wrong usage, 77 something is "
      "not installed.");
}

std::string refused(const Flag& flag, const std::string& value) {
  try {
    flag.set(value);
    return {};
  } catch (const std::invalid_argument& error) {
    return fmt::format("--{}: {}", flag.name, error.what());
  }
}

// Sets the flags, in order. Returns why they cannot be read; empty if all were, or --help was.
std::string read_flags(int argc, char** argv, std::span<const Flag> flags, bool& help) {
  constexpr int kFirst = 1000;  // beyond all characters: getopt's name for flags[0]
  std::vector<option> table;
  for (const Flag& flag : flags) {
    const int value = flag.value_name.empty() ? no_argument : required_argument;
    table.push_back(
        {flag.name.c_str(), value, nullptr, kFirst + static_cast<int>(table.size())});
  }
  const std::size_t verbose = static_cast<std::size_t>(
      std::ranges::find(flags, "verbose", &Flag::name) - flags.begin());
  table.push_back({"help", no_argument, nullptr, 'h'});
  table.push_back({});
  optind = 0;  // glibc: from the start
  opterr = 0;
  const auto flag_of = [&](int name) {
    return flags[static_cast<std::size_t>(name - kFirst)];
  };
  for (int name; (name = getopt_long(argc, argv, "+:hv", table.data(), nullptr)) != -1;) {
    help = help || name == 'h';
    if (help) return {};
    if (name == ':') return fmt::format("--{} needs a value", flag_of(optopt).name);
    if (name == '?' && optopt >= kFirst)
      return fmt::format("--{} takes no value", flag_of(optopt).name);
    if (name == '?') return fmt::format("there is no flag {}", argv[optind - 1]);
    if (name == 'v') name = kFirst + static_cast<int>(verbose);
    const std::string why = refused(flag_of(name), optarg ? optarg : "");
    if (!why.empty()) return why;
  }
  return optind < argc ? fmt::format("there is no flag {}", argv[optind]) : std::string();
}

// Why these options cannot go together; empty: they can.
std::string contradiction(const Options& options, const Names& names) {
  const auto lists = [](const std::vector<std::string>& list, const std::string& name) {
    return std::ranges::find(list, name) != list.end();
  };
  const auto& scenes = options.times ? names.orders : names.scenes;
  if (options.live && options.times) return "--live and --times do not go together";
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
  std::vector<Flag> flags = flags_of_every_lab(options, names);
  const std::size_t common = flags.size();
  for (std::size_t i = 0; i < knobs.size(); ++i)
    flags.push_back(knob_flag(knobs[i], values[i]));

  bool help = false;
  std::string why = read_flags(argc, argv, flags, help);
  if (help) {
    const std::span<const Flag> all(flags);
    print_help(about, all.first(common), all.subspan(common));
    return {0, options};
  }
  if (!why.empty()) why += " (--help lists the flags)";
  if (why.empty()) why = contradiction(options, names);
  if (!why.empty()) {
    fmt::print(stderr, "lab {}: {}\n", about.number, why);
    return {2, options};
  }
  return {std::nullopt, options};
}

}  // namespace lab
