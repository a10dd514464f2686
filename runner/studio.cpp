#include "studio.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "studio_viewer.hpp"

namespace runner {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kBeat{20};  // while a lab runs, or a viewer is sent something

lab::websocket::Options socket_options(const StudioOptions& options) {
  lab::websocket::Options socket;
  socket.address = options.address;
  socket.message_limit = 16 << 10;
  return socket;
}

}  // namespace

Studio::Studio(StudioOptions options)
    : options_(std::move(options)),
      catalog_(Catalog::of(options_.place)),
      store_(options_.runs, options_.store),
      facts_(options_.place),
      pages_(options_.place, catalog_, store_, facts_, options_.web, options_.token) {
  server_ = std::make_unique<lab::websocket::Server>(
      loop_,
      [this](const lab::websocket::Peer& peer, const std::string& target) {
        return welcome(peer, target);
      },
      socket_options(options_), lab::websocket::Server::Pages{}, options_.port,
      [this](const lab::websocket::Request& request) { return pages_.gate(request); });
  pages_.serve_as(options_.address, port());
}

Studio::~Studio() {
  server_.reset();
  for (const auto& run : runs_) run->stop("its studio ended");
}

std::string Studio::url() const {
  return fmt::format("http://{}:{}/?token={}", options_.address, port(), options_.token);
}

std::shared_ptr<lab::websocket::Session> Studio::welcome(const lab::websocket::Peer& peer,
                                                         const std::string& target) {
  std::erase_if(viewers_, [](const auto& viewer) { return viewer.expired(); });
  if (target != "/socket" || viewers_.size() >= options_.viewers) return nullptr;
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
  for (auto next = runs_.begin(); next != runs_.end();) {
    const auto run = next++;
    const std::string id = (*run)->card().id;
    const bool anyone = std::ranges::any_of(viewers_, [&](const auto& weak) {
      const auto viewer = weak.lock();
      return viewer && viewer->watches(id);
    });
    const auto now = StudioRun::Clock::now();
    (*run)->watched(anyone, now);
    if (!(*run)->turn(now, [&](const Json& told) { tell(id, told); })) runs_.erase(run);
  }
  for (const auto& weak : viewers_) {
    if (const auto viewer = weak.lock()) viewer->pump();
  }
}

void Studio::tell(const std::string& run, const Json& what) {
  for (const auto& weak : viewers_) {
    const auto viewer = weak.lock();
    if (viewer && viewer->watches(run)) viewer->send(what);
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
  if (runs_.size() >= options_.at_once) {
    throw Usage(fmt::format("{} runs at once are the most", options_.at_once));
  }
  auto args = facts_.arguments(wanted, message);
  const bool live = message.value("live", Json()) == true;
  const Json knobs = message.value("knobs", Json());
  RunCard& card = store_.begin(wanted.number, knobs.is_object() ? knobs : Json::object());
  try {
    runs_.push_back(std::make_unique<StudioRun>(store_, card, options_.place, wanted,
                                                std::move(args), live, options_.limits));
  } catch (const std::exception& error) {  // it could not be started
    card.live = false;
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
