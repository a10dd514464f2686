// programs.hpp: small programs with streams, each of which returns the order of its events.
// Node plays the same ones (node.mjs).
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lab/stream/duplex.hpp"

namespace lab04 {

using Emit = std::function<void(std::string_view event)>;

// "a > b > c": the names of events, in the order in which they came.
class Log {
 public:
  explicit Log(Emit emit) : emit_(std::move(emit)) {}

  void add(std::string_view what) {
    emit_(what);
    text_ += text_.empty() ? "" : " > ";
    text_ += what;
  }
  auto says(std::string what) {
    return [this, what](const auto&...) { add(what); };
  }
  void says_data(lab::Readable& source) {
    source.on_data([this](const lab::Chunk& chunk) {
      add(fmt::format("{}", chunk.is_bytes() ? chunk.view() : *chunk.as<std::string>()));
    });
  }
  void says_ends(lab::Readable& source) { source.on_end(says("end")); }
  void says_ends(lab::Writable& sink) {
    sink.on_prefinish(says("prefinish"));
    sink.on_finish(says("finish"));
  }
  void says_close(lab::Stream& stream) {
    stream.on_error(says("error"));
    stream.on_close(says("close"));
  }
  void says_all(lab::Duplex& stream) {
    says_data(stream);
    says_ends(static_cast<lab::Readable&>(stream));
    says_ends(static_cast<lab::Writable&>(stream));
    says_close(stream);
  }
  const std::string& text() const { return text_; }

 private:
  Emit emit_;
  std::string text_;
};

struct StreamProgram {
  const char* name;
  std::string (*play)(const Emit& emit);
};

const std::vector<StreamProgram>& programs();

}  // namespace lab04
