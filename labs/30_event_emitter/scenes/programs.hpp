// programs.hpp: small programs on an emitter, each with the order that came of it. Node
// plays the same ones (node.mjs).
#pragma once

#include <span>
#include <string>
#include <utility>

#include "event_emitter.hpp"

namespace lab30 {

// "a > b > c"
class Log {
 public:
  void add(std::string what) { text_ += (text_.empty() ? "" : " > ") + std::move(what); }
  void add(bool truth) { add(std::string(truth ? "true" : "false")); }
  void add(const char* what) { add(std::string(what)); }
  // A listener that writes one word.
  auto says(std::string what) {
    return [this, what](const auto&...) { add(what); };
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct SmallProgram {
  const char* name;
  void (*play)(EventEmitter& emitter, Log& log);
};

std::span<const SmallProgram> programs();

// What the program of this name writes.
std::string played(std::string_view name);

}  // namespace lab30
