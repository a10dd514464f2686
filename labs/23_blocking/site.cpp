#include "site.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>

#include "jobs.hpp"

namespace lab23 {

namespace {

constexpr std::array<std::string_view, 4> kOffenceNames = {"sum", "file", "regex",
                                                           "json"};
constexpr std::array<std::string_view, 7> kCureNames = {
    "none", "async", "ticks", "promises", "cut", "worker", "process"};

// "/sum/worker"
std::optional<std::pair<Offence, Cure>> asked_for(std::string_view target) {
  for (std::size_t i = 0; i < kOffenceNames.size(); ++i) {
    for (std::size_t j = 0; j < kCureNames.size(); ++j) {
      if (target == fmt::format("/{}/{}", kOffenceNames[i], kCureNames[j]))
        return std::pair(static_cast<Offence>(i), static_cast<Cure>(j));
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

constexpr std::uint64_t kFailed = ~std::uint64_t{0};

std::uint64_t tried(const std::function<std::uint64_t()>& job) {
  try {
    return job();
  } catch (const std::exception&) {
    return kFailed;
  }
}
std::optional<std::uint64_t> result(std::uint64_t value) {
  return value == kFailed ? std::nullopt : std::optional(value);
}

// Only a sum and a document can be put down half done. A regular expression keeps its
// place on its engine's stack, and a blocking read in the kernel.
bool has_pieces(Offence offence) {
  return offence == Offence::sum || offence == Offence::json;
}

}  // namespace

std::string_view name(Offence offence) {
  return kOffenceNames[static_cast<std::size_t>(offence)];
}
std::string_view name(Cure cure) {
  return kCureNames[static_cast<std::size_t>(cure)];
}

Site::Site(lab::uv::Loop& loop, SiteConfig config, SiteObservers observers)
    : loop_(loop),
      config_(std::move(config)),
      observers_(std::move(observers)),
      server_(loop, [this](const Request& request, const Server::Reply& reply) {
        handle(request, reply);
        ticks_.drain();  // before the loop may go on, as Node does
      }) {
  document();
  delay_.enable();
}

// Step 5: two looks at the same thing. The timer tells of the turns before; but it cannot
// fire while a hundred requests that came together are served in one turn, so how old the
// loop's own clock is, which it reads once a turn, counts too.
std::chrono::nanoseconds Site::lag() const {
  const std::chrono::nanoseconds turn(
      uv_hrtime() - uv_now(const_cast<Site*>(this)->loop_.raw()) * 1'000'000);
  return std::max(turn, delay_.lateness());
}

void Site::handle(const Request& request, const Server::Reply& reply) {
  if (config_.limit.count() > 0 && lag() > config_.limit) {
    ++refused_;
    return reply({.status = 503, .headers = {{"Retry-After", "1"}}});
  }
  if (request.target == "/ping") return reply({.body = "pong"});
  if (request.target == "/work")
    return reply({.body = std::to_string(sum(config_.small))});
  const auto asked = asked_for(request.target);
  if (!asked || (asked->second == Cure::process && config_.service == 0))
    return reply({.status = 404});
  const auto [offence, cure] = *asked;
  const bool in_slices = cure == Cure::ticks || cure == Cure::promises;
  if (in_slices && !has_pieces(offence)) return reply({.status = 404});

  observers_.on_begin();
  offend(offence, cure, [this, reply](Result value) {
    observers_.on_end();
    reply(value ? Response{.body = std::to_string(*value)} : Response{.status = 500});
  });
}

void Site::offend(Offence offence, Cure cure, const Done& done) {
  switch (cure) {
    case Cure::none:
      return done(result(tried(job(offence))));
    case Cure::async_function: {
      // Until its first await an async function is a function: the job is done by now.
      const Result value = result(tried(job(offence)));
      return ticks_.microtask([=] { done(value); });
    }
    case Cure::ticks:
      return sliced(
          offence, [this](Callback rest) { ticks_.next_tick(std::move(rest)); }, done);
    case Cure::promises:
      return sliced(
          offence, [this](Callback rest) { ticks_.microtask(std::move(rest)); }, done);
    case Cure::cut:
      if (offence == Offence::file) return on_pool(job(offence), done);
      if (offence == Offence::regex) return done(matches_linear(config_.letters));
      return sliced(
          offence, [this](Callback rest) { immediates_.set_immediate(std::move(rest)); },
          done);
    case Cure::worker:
      if (!worker_.run([work = job(offence)] { return tried(work); },
                       [done](std::uint64_t value) { done(result(value)); }))
        done(std::nullopt);
      return;
    case Cure::process:
      return elsewhere(offence, done);
  }
}

// Copies what it needs, so that it can run on another thread.
std::function<std::uint64_t()> Site::job(Offence offence) {
  switch (offence) {
    case Offence::sum:
      return [steps = config_.steps] { return sum(steps); };
    case Offence::file:
      return [file = config_.file] { return read_file(file); };
    case Offence::regex:
      return [letters = config_.letters] { return matches_backtracking(letters); };
    case Offence::json:
      return [&text = document()] { return parse_json(text); };
  }
  return {};
}

void Site::sliced(Offence offence, Defer defer, const Done& done) {
  const auto counted = [this, defer = std::move(defer)](Callback rest) {
    ++slices_;
    defer(std::move(rest));
  };
  if (offence == Offence::sum) {
    const auto pieces = std::make_shared<Sum>(config_.steps);
    return Sliced::run([pieces] { return pieces->advance(); }, config_.slice, counted,
                       [pieces, done] { done(pieces->result()); });
  }
  const auto pieces = std::make_shared<JsonPieces>(document());
  Sliced::run([pieces] { return pieces->advance(); }, config_.slice, counted,
              [pieces, done] { done(pieces->result()); });
}

// What every asynchronous file call of Node is: the same blocking call, on a thread of
// libuv's pool.
void Site::on_pool(std::function<std::uint64_t()> job, const Done& done) {
  struct Work {
    uv_work_t raw{};
    std::function<std::uint64_t()> job;
    Done done;
    std::weak_ptr<int> site;
    std::uint64_t value = kFailed;
  };
  auto* work = new Work{{}, std::move(job), done, alive_};
  work->raw.data = work;
  const int queued = uv_queue_work(
      loop_.raw(), &work->raw,
      [](uv_work_t* raw) {
        auto* self = static_cast<Work*>(raw->data);
        self->value = tried(self->job);
      },
      [](uv_work_t* raw, int) {
        const std::unique_ptr<Work> self(static_cast<Work*>(raw->data));
        if (self->site.lock()) self->done(result(self->value));
      });
  if (queued < 0) delete work;
  lab::uv::check(queued, "uv_queue_work");
}

void Site::elsewhere(Offence offence, const Done& done) {
  asked_.emplace_front(loop_, config_.service, fmt::format("/{}/none", name(offence)),
                       [](const Answer&) {});
  const auto me = asked_.begin();
  me->on_answer([this, me, done](const Answer& answer) {
    const auto then = done;  // with me goes this callback
    const Result value = answer.status == 200 ? number(answer.body) : std::nullopt;
    asked_.erase(me);
    then(value);
  });
}

const std::string& Site::document() {
  if (document_.empty()) document_ = long_json(config_.elements);
  return document_;
}

}  // namespace lab23
