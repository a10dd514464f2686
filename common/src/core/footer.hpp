// footer.hpp: what stays below the story while a lab runs, on a terminal: the state of each
// machine, each quantity as a bar, and the dials of a live run.
//
// It is erased before a line of the story is printed, and drawn again below it. At the end
// of a scene each quantity becomes a small curve.
#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "core/record.hpp"
#include "lab/core/terminal.hpp"

namespace lab {

class Footer {
 public:
  Footer(std::FILE* out, Terminal terminal) : out_(out), terminal_(terminal) {}

  void counter(const Record& record);

  // The machine is in a new state; answers with the one before ("" if it is the first).
  std::string enter(const std::string& machine, const std::string& state);

  void set_dials(std::vector<std::string> lines) { dials_ = std::move(lines); }

  void draw();
  void erase();
  void clear();  // for good

  // The quantities of this scene as curves; the next scene begins without them.
  std::vector<std::string> take_curves(int indent);

 private:
  struct Gauge {
    std::string unit;
    std::vector<double> values;  // all of this scene
    double now = 0;
    double most = 0;
  };
  std::vector<std::string> lines() const;

  std::FILE* out_;
  Terminal terminal_;
  int height_ = 0;
  std::map<std::string, Gauge> gauges_;
  std::map<std::string, std::string> states_;
  std::vector<std::string> dials_;
};

// Red for what is broken, green for what is well; else the style given.
Style style_of_state(const std::string& state, Style otherwise);

}  // namespace lab
