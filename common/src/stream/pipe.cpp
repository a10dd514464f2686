#include "lab/stream/pipe.hpp"

#include <algorithm>
#include <string_view>

namespace lab {
namespace {

// What happens to the sink when the source has ended.
enum class AtEnd { ends_sink, lets_go };

// One source, one sink, and the listeners between them. The listeners own it.
class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(Readable& source, Writable& sink) : source_(source), sink_(sink) {}

  void join(AtEnd at_end) {
    auto& pipes = source_.pipes;
    pipes.several = pipes.several || pipes.sinks.size() == 1;
    pipes.sinks.push_back(&sink_);

    const auto self = shared_from_this();
    const auto ended = [self, at_end] {
      if (at_end == AtEnd::ends_sink)
        self->sink_.end();
      else
        self->let_go();
    };
    if (source_.ended())
      source_.ticks().defer(ended);
    else
      end_ = source_.on_end.once(ended);
    data_ = source_.on_data([self](const Chunk& chunk) { self->forward(chunk); });
    error_ = sink_.on_error.first([self](const Error&) { self->let_go(); });
    close_ = sink_.on_close.once([self] { self->let_go(); });
    finish_ = sink_.on_finish.once([self] { self->let_go(); });

    if (sink_.needs_drain() && !sink_.ending() && !sink_.destroyed())
      hold_back();
    else if (!source_.flowing())
      source_.resume();
  }

 private:
  // The pump by hand, written once. It also serves several sinks.
  void forward(const Chunk& chunk) {
    if (!sink_.write(chunk)) hold_back();
  }

  // The sink may have been let go by what its write() caused.
  void hold_back() {
    auto& pipes = source_.pipes;
    if (joined_) {
      if (pipes.sinks.size() == 1) {
        pipes.awaited.clear();
        pipes.several = false;
      }
      pipes.awaited.insert(&sink_);
      source_.pause();
    }
    // Only now: a drain that others caused must not wake a source that they paused.
    if (!drain_)
      drain_ = sink_.on_drain([self = shared_from_this()] { self->drained(); });
  }

  void drained() {
    source_.pipes.awaited.erase(&sink_);
    if (source_.pipes.awaited.empty() && source_.has_data_listener()) source_.resume();
  }

  // With the last sink gone the source has to stop, or its data would flow away unread.
  // It must not wait for one that is gone.
  void let_go() {
    if (!std::exchange(joined_, false)) return;
    const auto self = shared_from_this();
    auto& pipes = source_.pipes;
    pipes.sinks.erase(std::ranges::find(pipes.sinks, &sink_));
    if (pipes.sinks.empty()) source_.pause();

    if (end_) source_.on_end.off(*end_);
    source_.off_data(data_);
    sink_.on_error.off(error_);
    sink_.on_close.off(close_);
    sink_.on_finish.off(finish_);
    if (!drain_) return;
    sink_.on_drain.off(*drain_);
    const bool may_wait = pipes.several || !pipes.awaited.empty();
    if (may_wait && sink_.needs_drain()) drained();
  }

  Readable& source_;
  Writable& sink_;
  bool joined_ = true;
  int data_ = 0, error_ = 0, close_ = 0, finish_ = 0;
  std::optional<int> end_, drain_;
};

bool is_premature(const std::optional<Error>& error) {
  return error && std::string_view(error->what()) == premature_close().what();
}

// Waits for the end of one stream. Its listeners own it.
class Wait : public std::enable_shared_from_this<Wait> {
 public:
  Wait(Stream& stream, Side side, Done done)
      : stream_(stream),
        source_(dynamic_cast<Readable*>(&stream)),
        sink_(dynamic_cast<Writable*>(&stream)),
        reads_(side == Side::both ? can_read() : side == Side::reads),
        writes_(side == Side::both ? can_write() : side == Side::writes),
        // A stream closes by itself once all that it does is done. If that is more than is
        // waited for, its close would come too late, or never.
        closes_(!stream.released() && can_read() == reads_ && can_write() == writes_),
        read_out_(can_read() && source_->read_out()),
        written_out_(can_write() && sink_->written_out()),
        done_(std::move(done)) {}

  void start() {
    const auto self = shared_from_this();
    if (source_) source_->on_end([self] { self->ended(); });
    if (sink_) sink_->on_finish([self] { self->finished(); });
    stream_.on_error([self](const Error& error) { self->call(error); });
    stream_.on_close([self] { self->closed(); });

    // What was told before somebody listened.
    if (stream_.released())
      stream_.ticks().defer([self] { self->closed(); });
    else if (stream_.told_error())
      return;  // its close is on its way
    else if (nothing_to_wait_for())
      stream_.ticks().defer([self] { self->call(self->stream_.error()); });
  }

 private:
  bool can_read() const { return source_ && source_->reads(); }
  bool can_write() const { return sink_ && sink_->writes(); }
  bool may_still_read() const {
    return can_read() && !stream_.destroyed() && !source_->ended();
  }
  bool may_still_write() const {
    return can_write() && !stream_.destroyed() && !stream_.error() && !sink_->ending();
  }

  bool nothing_to_wait_for() const {
    const bool no_more_writes = written_out_ || (sink_ && !may_still_write());
    const bool no_more_reads = read_out_ || (source_ && !may_still_read());
    return (!reads_ && (!closes_ || may_still_read()) && no_more_writes &&
            (!sink_ || sink_->settled())) ||
           (!writes_ && (!closes_ || may_still_write()) && no_more_reads);
  }

  void ended() {
    read_out_ = true;
    closes_ = closes_ && !stream_.destroyed();
    if (closes_ && (!may_still_write() || writes_)) return;  // closed() goes on
    if (!writes_ || written_out_) call({});
  }
  void finished() {
    written_out_ = true;
    closes_ = closes_ && !stream_.destroyed();
    if (closes_ && (!may_still_read() || reads_)) return;
    if (!reads_ || read_out_) call({});
  }
  void closed() {
    if (stream_.error()) return call(stream_.error());
    const bool unread = reads_ && !read_out_ && can_read() && !source_->read_out();
    const bool unwritten =
        writes_ && !written_out_ && !(can_write() && sink_->written_out());
    call(unread || unwritten ? std::optional(premature_close()) : std::nullopt);
  }
  void call(std::optional<Error> error) {
    if (const Done done = std::exchange(done_, nullptr)) done(std::move(error));
  }

  Stream& stream_;
  Readable* source_;
  Writable* sink_;
  bool reads_, writes_;
  bool closes_;
  bool read_out_, written_out_;
  Done done_;
};

// The stages of one pipeline(), kept by their listeners.
class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(Ticks& ticks, std::vector<Stream*> stages, Done done)
      : ticks_(ticks),
        stages_(std::move(stages)),
        is_done_(stages_.size(), false),
        due_(2 * (stages_.size() - 1)),
        done_(std::move(done)) {}

  // What pipeline adds: every stage is watched, and one that fails takes the
  // others with it.
  void watch(std::size_t at) {
    const auto self = shared_from_this();
    const bool first = at == 0, last = at + 1 == stages_.size();
    Stream& stage = *stages_[at];
    stage.on_close([self, at] { self->is_done_[at] = true; });
    finished(stage,
             first  ? Side::reads
             : last ? Side::writes
                    : Side::both,
             [self, at](std::optional<Error> error) { self->is_done_[at] = !error; });
    stage.on_error([self](const Error& error) {
      if (!is_premature(error)) self->one_done(error);
    });
  }

  void join(Readable& source, Writable& sink) {
    const auto self = shared_from_this();
    const auto source_ended = std::make_shared<bool>(false);
    sink.on_close([self, source_ended] {
      if (!*source_ended) self->one_done(premature_close());
    });
    std::make_shared<Link>(source, sink)->join(AtEnd::lets_go);
    const auto end = [&sink, source_ended] {
      *source_ended = true;
      sink.end();
    };
    if (source.ended() && !source.error())
      ticks_.defer(end);
    else
      source.on_end.once(end);
    finished(source, Side::reads, [self, &source](std::optional<Error> error) {
      self->source_done(source, std::move(error));
    });
    finished(sink, Side::writes,
             [self](std::optional<Error> error) { self->one_done(std::move(error)); });
  }

 private:
  // A source that was closed with its end already pushed may still tell it.
  void source_done(Readable& source, std::optional<Error> error) {
    const auto self = shared_from_this();
    if (!is_premature(error) || !source.end_pushed() || source.error())
      return one_done(std::move(error));
    source.on_end.once([self] { self->one_done({}); });
    source.on_error.once([self](const Error& late) { self->one_done(late); });
  }

  // Half of a join is over, or a stage has failed.
  void one_done(std::optional<Error> error) {
    const bool last = --due_ == 0;
    if (error && (!error_ || is_premature(error_))) error_ = std::move(error);
    if (!error_ && !last) return;
    for (std::size_t at = 0; at < stages_.size(); ++at) {
      if (is_done_[at]) continue;
      is_done_[at] = true;
      stages_[at]->destroy(error_ ? *error_ : Error("pipeline", "another stage is done"));
    }
    if (!last) return;
    // What the last stages say to being destroyed is not asked any more.
    ticks_.defer([done = std::exchange(done_, nullptr), error = error_] {
      if (done) done(error);
    });
  }

  Ticks& ticks_;
  std::vector<Stream*> stages_;
  std::vector<bool> is_done_;
  std::size_t due_;  // halves of joins
  std::optional<Error> error_;
  Done done_;
};

}  // namespace

Error premature_close() {
  return Error("pipeline", "premature close");
}

void pipe(Readable& source, Writable& sink) {
  std::make_shared<Link>(source, sink)->join(AtEnd::ends_sink);
}

void finished(Stream& stream, Side side, Done done) {
  std::make_shared<Wait>(stream, side, std::move(done))->start();
}

void pipeline(Readable& source, std::initializer_list<Transform*> between, Writable& sink,
              Done done) {
  std::vector<Stream*> stages{&source};
  stages.insert(stages.end(), between.begin(), between.end());
  stages.push_back(&sink);
  const auto run =
      std::make_shared<Run>(source.ticks(), std::move(stages), std::move(done));
  run->watch(0);
  Readable* last = &source;
  std::size_t at = 0;
  for (Transform* stage : between) {
    run->watch(++at);
    run->join(*last, *stage);
    last = stage;
  }
  run->watch(++at);
  run->join(*last, sink);
}

}  // namespace lab
