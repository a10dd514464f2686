// dials.hpp: the knobs of a live lab, turned by keys or by lines of JSON.
#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/knob.hpp"
#include "lab/core/terminal.hpp"

namespace lab {

class Dials {
 public:
  // Told of each attempt; `refused` is empty when the knob was turned.
  using OnTurn = std::function<void(const std::string& name, const std::string& value,
                                    const std::string& refused)>;

  Dials(std::span<const KnobSpec> knobs, std::span<std::atomic<double>> values,
        OnTurn on_turn);

  // Keys of a terminal: up and down choose, left and right turn. False: q was pressed.
  bool keys(std::string_view bytes);

  // Bytes of {"knob":"rate","value":5} lines, in any pieces.
  void json(std::string_view bytes);

  // The dials as the narrator shows them.
  std::vector<std::string> lines(const Terminal& terminal) const;

 private:
  void json_line(const std::string& line);
  void nudge(int direction);
  void set(std::size_t knob, double value);

  std::span<const KnobSpec> knobs_;
  std::span<std::atomic<double>> values_;
  OnTurn on_turn_;
  std::size_t chosen_ = 0;
  std::string pending_;    // an unfinished line
  bool too_long_ = false;  // it was, and its rest is skipped
};

}  // namespace lab
