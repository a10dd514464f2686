#include "lab/stream/pipe.hpp"

#include <algorithm>

namespace lab {
namespace {

// One source, one sink, and the listeners between them. The listeners own it.
class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(Readable& source, Writable& sink) : source_(source), sink_(sink) {}

  void join() {
    const auto self = shared_from_this();
    data_ = source_.on_data([self](const Chunk& chunk) { self->forward(chunk); });
    end_ = source_.on_end([self] { self->sink_.end(); });
    drain_ = sink_.on_drain([self] { self->drained(); });
    error_ = sink_.on_error([self](const Error&) { self->let_go(); });
    close_ = sink_.on_close([self] { self->let_go(); });
    if (sink_.needs_drain())
      hold_back();
    else if (source_.awaiting_drain.empty())
      source_.resume();
  }

 private:
  // The pump by hand, written once. It also serves several sinks.
  void forward(const Chunk& chunk) {
    if (!sink_.write(chunk)) hold_back();
  }
  void hold_back() {
    source_.awaiting_drain.insert(&sink_);
    source_.pause();
  }
  void drained() {
    source_.awaiting_drain.erase(&sink_);
    if (source_.awaiting_drain.empty()) source_.resume();
  }

  // The source must not wait for a sink that is gone; with no sink left it has to stop,
  // or its data would flow away unread.
  void let_go() {
    const auto self = shared_from_this();
    source_.off_data(data_);
    source_.on_end.off(end_);
    sink_.on_drain.off(drain_);
    sink_.on_error.off(error_);
    sink_.on_close.off(close_);
    const bool was_awaited = source_.awaiting_drain.erase(&sink_) > 0;
    if (source_.ended()) return;
    if (!source_.has_data_listener())
      source_.pause();
    else if (was_awaited && source_.awaiting_drain.empty())
      source_.resume();
  }

  Readable& source_;
  Writable& sink_;
  int data_ = 0, end_ = 0, drain_ = 0, error_ = 0, close_ = 0;
};

// The stages of one pipeline(), kept by their listeners until the last has closed.
class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(Ticks& ticks, std::vector<Stream*> stages, Done done)
      : ticks_(ticks),
        stages_(std::move(stages)),
        open_(stages_.size()),
        done_(std::move(done)) {}

  // What pipeline adds: every stage is watched, and one that fails takes the
  // others with it.
  void watch() {
    for (Stream* stage : stages_) {
      const auto self = shared_from_this();
      stage->on_error([self](const Error& error) { self->fail(error); });
      stage->on_close([self, stage] {
        if (!stage->complete()) self->fail(Error("pipeline", "premature close"));
        self->one_closed();
      });
    }
  }

 private:
  void fail(const Error& error) {
    if (!error_) error_ = error;
    for (Stream* stage : stages_) {
      if (!stage->complete()) stage->destroy(error);
    }
  }
  void one_closed() {
    if (--open_ == 0)
      ticks_.defer([self = shared_from_this()] { self->done_(self->error_); });
  }

  Ticks& ticks_;
  std::vector<Stream*> stages_;
  std::size_t open_;
  std::optional<Error> error_;
  Done done_;
};

}  // namespace

void pipe(Readable& source, Writable& sink) {
  std::make_shared<Link>(source, sink)->join();
}

void pipeline(Readable& source, std::initializer_list<Transform*> between, Writable& sink,
              Done done) {
  std::vector<Stream*> stages{&source};
  Readable* last = &source;
  stages.insert(stages.end(), between.begin(), between.end());
  stages.push_back(&sink);
  std::make_shared<Run>(source.ticks(), std::move(stages), std::move(done))->watch();
  for (Transform* stage : between) {
    pipe(*last, *stage);
    last = stage;
  }
  pipe(*last, sink);
}

}  // namespace lab
