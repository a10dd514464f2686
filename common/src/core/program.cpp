#include "lab/core/program.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "core/arena.hpp"
#include "core/options.hpp"
#include "core/supervisor.hpp"
#include "lab/core/error.hpp"

namespace lab {

namespace {

constexpr std::string_view kRole = "--role";

}  // namespace

struct Program::Impl {
  struct NamedScene {
    std::string name;
    std::string title;
    Scene play;
    Where where;
  };

  struct NamedOrder {
    std::string name;
    std::string title;
    Order play;
  };

  int argc;
  char** argv;
  About about;
  Arena& arena;
  std::vector<KnobSpec> knobs{};
  std::vector<NamedScene> scenes{};
  std::vector<NamedOrder> orders{};
  Scene live{};
  std::map<std::string, Role> roles{};
  Options options{};

  bool is_role() const { return argc >= 3 && argv[1] == kRole; }
  Names names() const;
  std::vector<std::string> titles() const;
  int describe() const;
  int play();
  int play_role();
  void repeat(Story& story);
  void await_turn(std::uint32_t scene);
  int tell(const std::function<int()>& body,
           const std::function<void(std::string)>& report);
};

Program::Program(int argc, char** argv, About about) {
  const bool role = argc >= 3 && argv[1] == kRole;
  Arena* arena = nullptr;
  try {
    arena = role ? &inherited_arena() : &make_arena();
  } catch (const Error& error) {
    fmt::print(stderr, "lab {}: {}\n", about.number, error.what());
    std::exit(2);
  }
  impl_.reset(new Impl{.argc = argc, .argv = argv, .about = about, .arena = *arena});
}

Program::~Program() = default;

const std::atomic<double>& Program::add_knob(KnobSpec spec) {
  const std::size_t index = impl_->knobs.size();
  if (index == kMaxKnobs) throw std::invalid_argument("a lab has at most 32 knobs");
  if (!(spec.least <= spec.initial && spec.initial <= spec.most)) {
    throw std::invalid_argument(spec.name + ": its default is out of its own range");
  }
  // A role reads what its lab was given.
  if (!impl_->is_role()) impl_->arena.knobs[index].store(spec.initial);
  impl_->knobs.push_back(std::move(spec));
  return impl_->arena.knobs[index];
}

Knob<bool> Program::toggle(std::string name, bool initial, std::string help) {
  return Knob<bool>(add_knob({.name = std::move(name),
                              .help = std::move(help),
                              .unit = "",
                              .initial = initial ? 1.0 : 0.0,
                              .least = 0,
                              .most = 1,
                              .is_switch = true,
                              .choices = {}}));
}

Knob<int> Program::choice(std::string name, std::vector<std::string> choices, int initial,
                          std::string help) {
  const double last = static_cast<double>(choices.size()) - 1;
  return Knob<int>(add_knob({.name = std::move(name),
                             .help = std::move(help),
                             .unit = "",
                             .initial = static_cast<double>(initial),
                             .least = 0,
                             .most = last,
                             .choices = std::move(choices)}));
}

void Program::scene(std::string name, std::string title, Scene play, Where where) {
  impl_->scenes.push_back({std::move(name), std::move(title), std::move(play), where});
}

void Program::order(std::string name, std::string title, Order play) {
  impl_->orders.push_back({std::move(name), std::move(title), std::move(play)});
}

void Program::live(Scene play) {
  impl_->live = std::move(play);
}

void Program::role(std::string name, Role play) {
  impl_->roles[std::move(name)] = std::move(play);
}

bool Program::quick() const {
  return impl_->options.quick;
}

bool Program::stopped() {
  return asked_to_stop();
}

int Program::run() {
  if (impl_->is_role()) return impl_->play_role();
  const Parsed parsed = parse_options(impl_->argc, impl_->argv, impl_->about,
                                      impl_->names(), impl_->knobs, impl_->arena.knobs);
  if (parsed.exit_code) return *parsed.exit_code;
  impl_->options = parsed.options;
  if (impl_->options.describe) return impl_->describe();
  try {
    return supervise(impl_->about, impl_->options, impl_->knobs, impl_->arena,
                     impl_->titles(), [this] { return impl_->play(); });
  } catch (const Error& error) {
    fmt::print(stderr, "lab {}: {}\n", impl_->about.number, error.what());
    return 1;
  }
}

Names Program::Impl::names() const {
  Names names;
  for (const auto& scene : scenes) names.scenes.push_back(scene.name);
  for (const auto& order : orders) names.orders.push_back(order.name);
  names.live = live != nullptr;
  return names;
}

// Of the scenes that will be played, in order.
std::vector<std::string> Program::Impl::titles() const {
  std::vector<std::string> titles;
  if (options.live || options.times) return titles;
  for (const auto& scene : scenes) {
    if (options.scene.empty() || options.scene == scene.name)
      titles.push_back(scene.title);
  }
  return titles;
}

int Program::Impl::describe() const {
  using Json = nlohmann::ordered_json;
  Json json = {
      {"number", about.number},  {"name", about.name},      {"question", about.question},
      {"watch", about.watch},    {"live", live != nullptr}, {"scenes", Json::array()},
      {"orders", Json::array()}, {"knobs", Json::array()},  {"claims", Json::array()}};
  for (const auto& claim : about.claims) {
    json["claims"].push_back({{"id", claim.id}, {"sentence", claim.sentence}});
  }
  for (const auto& scene : scenes) {
    json["scenes"].push_back({{"name", scene.name}, {"title", scene.title}});
  }
  for (const auto& order : orders) {
    json["orders"].push_back({{"name", order.name}, {"title", order.title}});
  }
  for (const auto& knob : knobs) {
    json["knobs"].push_back({{"name", knob.name},
                             {"help", knob.help},
                             {"unit", knob.unit},
                             {"initial", knob.initial},
                             {"least", knob.least},
                             {"most", knob.most},
                             {"whole", knob.whole},
                             {"switch", knob.is_switch},
                             {"choices", knob.choices}});
  }
  fmt::print("{}\n", json.dump(2));
  return 0;
}

// Runs the body; what it throws becomes one clear line and an exit code.
int Program::Impl::tell(const std::function<int()>& body,
                        const std::function<void(std::string)>& report) {
  const auto failed = [&](std::string_view why, int code) {
    report(fmt::format("lab {}: {}", about.number, why));
    return code;
  };
  try {
    return body();
  } catch (const Absent& absent) {
    return failed(absent.what(), 77);
  } catch (const std::exception& error) {
    return failed(error.what(), 1);
  }
}

int Program::Impl::play() {
  return tell(
      [this] {
        Story story(options.quick, about.claims);
        if (options.times) {
          repeat(story);
        } else if (options.live) {
          story.scene("Live");
          live(story);
        } else {
          std::uint32_t played = 0;
          for (const auto& [name, title, play, where] : scenes) {
            if (!options.scene.empty() && options.scene != name) continue;
            await_turn(played++);
            story.scene(title, where);
            play(story);
          }
        }
        return story.claims_failed() ? 1 : 0;
      },
      [this](const std::string& line) {  // told by the narrator, after the story
        line.copy(arena.failure.data(), arena.failure.size() - 1);
      });
}

// A person reads at her own pace. Nothing of the lab runs meanwhile: a scene takes all that it
// started with it.
void Program::Impl::await_turn(std::uint32_t scene) {
  using namespace std::chrono_literals;
  arena.pace.waiting = scene;
  while (arena.pace.allowed <= scene) std::this_thread::sleep_for(10ms);
}

void Program::Impl::repeat(Story& story) {
  for (const auto& [name, title, play] : orders) {
    if (!options.scene.empty() && options.scene != name) continue;
    story.scene(title);
    std::map<std::string, int> seen;
    for (int run = 0; run < options.times; ++run) {
      ++seen[play()];
      trace::counter("runs", run + 1);
    }
    story.table(distribution(fmt::format("{} runs of {}", options.times, name), seen));
  }
}

int Program::Impl::play_role() {
  const std::string name = argv[2];
  const auto role = roles.find(name);
  if (role == roles.end()) {
    fmt::print(stderr, "lab {}: there is no role {}\n", about.number, name);
    return 2;
  }
  listen(&arena);
  const std::vector<std::string> args(argv + 3, argv + argc);
  return tell([&] { return role->second(args); },
              [](const std::string& line) { fmt::print(stderr, "{}\n", line); });
}

}  // namespace lab
