#include "studio/studio.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lab/core/error.hpp"
#include "studio/names.hpp"
#include "studio/viewer.hpp"

namespace runner {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kBeat{20};  // while a lab runs, or a viewer is sent something

lab::websocket::Options socket_options(const StudioOptions& options) {
  lab::websocket::Options socket = options.socket;
  socket.address = options.address;
  socket.message_limit = 16 << 10;
  return socket;
}

}  // namespace

Studio::Studio(StudioOptions options)
    : options_(std::move(options)),
      catalog_(Catalog::of(options_.place)),
      store_(options_.data / "runs", options_.store),
      facts_(options_.place),
      drill_(options_.place, catalog_, options_.data / "drill.json"),
      mock_(options_.place, catalog_, drill_, options_.data),
      plan_(options_.place, catalog_, options_.data),
      answers_(options_.place, catalog_, store_, facts_, drill_, mock_, plan_,
               bench_folders(options_.place, options_.data)),
      pages_(options_.place, catalog_, store_, answers_, options_.web, options_.token) {
  server_ = std::make_unique<lab::websocket::Server>(
      loop_,
      [this](const lab::websocket::Peer& peer, const std::string& target) {
        return welcome(peer, target);
      },
      socket_options(options_), lab::websocket::Server::Pages{}, options_.port,
      [this](const lab::websocket::Request& request) { return gate(request); });
  pages_.serve_as(names_of(options_.address), port());
}

// Each lab is asked to end, and then made to; what it says meanwhile is recorded.
Studio::~Studio() {
  server_.reset();
  for (const auto& run : runs_) run->stop("its studio ended");
  while (!runs_.empty()) {
    turn_runs();
    loop_.turn(kBeat);
  }
}

std::vector<std::string> Studio::urls() const {
  std::vector<std::string> urls;
  for (const std::string& name : names_of(options_.address)) {
    urls.push_back(fmt::format("http://{}:{}/?token={}", name, port(), options_.token));
  }
  return urls;
}

std::optional<lab::websocket::Page> Studio::gate(const lab::websocket::Request& request) {
  auto page = pages_.gate(request);
  if (page || !request.upgrade) return page;
  std::erase_if(viewers_, [](const auto& viewer) { return viewer.expired(); });
  if (viewers_.size() < options_.viewers) return std::nullopt;
  return lab::websocket::Page{503, "too many viewers"};
}

std::shared_ptr<lab::websocket::Session> Studio::welcome(const lab::websocket::Peer& peer,
                                                         const std::string& target) {
  if (target != "/socket") return nullptr;
  auto viewer = std::make_shared<Viewer>(*this, peer);
  viewers_.push_back(viewer);
  return viewer;
}

void Studio::turn(milliseconds at_most) {
  const bool busy = !runs_.empty() || std::ranges::any_of(viewers_, [](const auto& weak) {
    const auto viewer = weak.lock();
    return viewer && viewer->busy();
  });
  loop_.turn(busy ? std::min(at_most, kBeat) : at_most);
  turn_runs();
  for (const auto& weak : viewers_) {
    if (const auto viewer = weak.lock()) viewer->pump();
  }
}

void Studio::turn_runs() {
  for (auto next = runs_.begin(); next != runs_.end();) {
    const auto run = next++;
    const RunCard& card = (*run)->card();
    const bool anyone = std::ranges::any_of(viewers_, [&](const auto& weak) {
      const auto viewer = weak.lock();
      return viewer && viewer->watches(card.id);
    });
    const auto now = StudioRun::Clock::now();
    (*run)->watched(anyone, now);
    if ((*run)->turn(now, [&](const Json& told) { tell(card.id, told); })) continue;
    judge(card);
    runs_.erase(run);
    store_.make_room();
  }
}

// Noted whether or not who answered is still there.
void Studio::judge(const RunCard& card) {
  const auto asked = questions_.extract(card.id);
  if (asked.empty()) return;
  const Question& question = asked.mapped();
  const auto viewer = question.by.lock();
  try {
    const Json verdict =
        drill_.judge(question.item, question.said, card, store_.events(card));
    mock_.hear(verdict);
    if (viewer) viewer->send(verdict);
  } catch (const lab::Error& error) {  // it could not be noted
    if (viewer) {
      viewer->send({{"is", "error"}, {"about", "drill"}, {"why", error.what()}});
    }
  }
}

void Studio::tell(const std::string& run, const Json& what) {
  for (const auto& weak : viewers_) {
    const auto viewer = weak.lock();
    // Who is behind finds it among the events, too.
    if (viewer && viewer->watches(run) && !viewer->full()) viewer->send(what);
  }
}

const Lab& Studio::lab(const std::string& number) const {
  const auto& labs = catalog_.labs();
  const auto found = std::ranges::find(labs, number, &Lab::number);
  if (found == labs.end()) throw Usage("there is no such lab");
  return *found;
}

const RunCard& Studio::start(const Json& message) {
  const Json number = message.value("lab", Json());
  if (!number.is_string()) throw Usage("lab is a number such as \"05\"");
  const Lab& wanted = lab(number);
  if (!wanted.written(options_.place)) throw Usage("this lab is not written yet");
  auto args = facts_.arguments(wanted, message);
  const bool live = message.value("live", Json()) == true;
  const Json knobs = message.value("knobs", Json());
  const RunCard& card =
      begin(wanted, std::move(args), knobs.is_object() ? knobs : Json::object(), live);
  plan_.note("run", wanted);
  return card;
}

const RunCard& Studio::ask(const DrillItem& item, const std::string& answer,
                           std::weak_ptr<Viewer> by) {
  const std::string said = drill_.understood(item, answer);
  auto args = item.play.flags();
  args.insert(args.begin(), {"--json", "--quick"});
  Json knobs = Json::object();
  for (const auto& [name, value] : item.play.knobs) knobs[name] = value;
  const RunCard& card = begin(item.lab, std::move(args), std::move(knobs), false);
  questions_.insert_or_assign(card.id, Question{item, said, std::move(by)});
  return card;
}

const RunCard& Studio::begin(const Lab& lab, std::vector<std::string> args, Json knobs,
                             bool live) {
  if (runs_.size() >= options_.at_once) {
    throw Usage(fmt::format("{} runs at once are the most", options_.at_once));
  }
  RunCard& card = store_.begin(lab.number, std::move(knobs));
  try {
    runs_.push_back(std::make_unique<StudioRun>(store_, card, options_.place, lab,
                                                std::move(args), live, options_.limits));
  } catch (const std::exception& error) {  // it could not be started
    card.live = false;
    card.ms = 0;
    card.why = error.what();
    store_.save(card);
    throw;
  }
  return card;
}

StudioRun* Studio::live(std::string_view run) {
  for (const auto& one : runs_) {
    if (one->card().id == run) return one.get();
  }
  return nullptr;
}

}  // namespace runner
