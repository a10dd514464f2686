// experiments.hpp: small programs on an emitter, each answering the order that came. Node
// plays the same ones (node.mjs).
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lab30 {

// "a > b > c"
class Log {
 public:
  void add(std::string what) { text_ += (text_.empty() ? "" : " > ") + std::move(what); }
  // A listener that writes one word.
  auto says(std::string what) {
    return [this, what](const auto&...) { add(what); };
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string first_emit();        // on, prepend, once
std::string second_emit();       // the same, and what emit answers
std::string async_listener();    // L1, async L2: start; await; end
std::string nested();            // an emit inside a listener
std::string removed_by_first();  // f removes g and adds h, twice emitted
std::string self_removing();     // a listener that takes itself off, and one behind it
std::string once_again();        // emits its own event from inside once
std::string throwing();          // the first of two throws
std::string error_unheard();     // what is thrown
std::string error_without_exception();
std::string captured();   // an async rejection, with capture_rejections
std::string announced();  // newListener puts another in front
std::string too_early();  // emitted in the constructor, and in a later tick
std::string eleventh();   // how many warnings 20 listeners make, and at which

}  // namespace lab30
