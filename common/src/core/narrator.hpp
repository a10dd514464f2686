// narrator.hpp: what a person sees in the terminal while a lab runs.
//
// Sentences, tables, claims and events are printed as they come, above the footer. What would
// flood the screen is counted, and the count is printed. On a terminal a scene fits the screen
// unless a person asks for all: it shows no events, and of its tables, evidence and nuances as
// much as there is room for (screenful.hpp).
#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/footer.hpp"
#include "core/screenful.hpp"
#include "core/sink.hpp"
#include "lab/core/program.hpp"
#include "lab/core/terminal.hpp"

namespace lab {

// What is piped is always told in full. A live scene has no end to wait for, so what fits the
// screen is not known: it is told as it comes, without events.
enum class Telling { brief, live, full };

class Narrator : public Sink {
 public:
  Narrator(std::FILE* out, Terminal terminal, const About& about, Telling telling);

  void event(const Record& record) override;
  void tick(std::uint64_t nanoseconds) override;
  void knob(const std::string& name, const std::string& value,
            const std::string& refused) override;
  void end(const RunEnd& end) override;

  // Asks for a key before the next scene, and clears the question away.
  void ask(std::string_view next, std::size_t number, std::size_t scenes);
  void go_on();

  // Lines that stay below everything else: the dials of a live run.
  void set_dials(std::vector<std::string> lines) { footer_.set_dials(std::move(lines)); }

 private:
  struct Span {
    std::string name;
    std::string lane;
    std::uint64_t began = 0;
  };

  void header(const About& about);
  void remember();
  void scene(const Record& record);
  void finish_scene();
  void instant(const Record& record);
  void finish_span(const Record& record);
  void state(const Record& record);
  void claim(const Record& record);
  void table(const Record& record);
  void picture(const Record& record);

  void tell(Part part, const std::string& lead, int indent, std::string_view text,
            Style style);
  void tell(Block block);
  void show(const Block& block);
  int show_held(int below);

  void happened(const Record& at, const std::string& lane, const std::string& mark,
                const std::string& text);
  bool may_show(const std::string& what);
  void paragraph(const std::string& lead, int indent, std::string_view text, Style style);
  void print(const std::string& line);
  std::string clock(std::uint64_t nanoseconds);
  std::string lane_label(const std::string& lane);
  void make_room(const std::string& lane);

  std::FILE* out_;
  Terminal terminal_;
  bool brief_;
  bool holds_;
  Footer footer_;
  std::uint64_t origin_ = 0;  // the scene's beginning
  std::uint64_t last_ = 0;    // time of the latest event
  std::uint64_t played_ = 0;  // ns of all scenes, without what they waited for a key
  bool asks_ = false;
  std::uint64_t drawn_ = 0;
  std::string scene_;
  std::unordered_map<EventId, Span> spans_;
  std::map<std::string, int> shown_;   // in this scene, by lane and name
  std::map<std::string, int> hidden_;  // in this scene, by lane and name
  int lines_ = 0;                      // events shown in this scene
  int tables_ = 0;                     // of this scene
  std::string tree_;                   // title of the table that is drawn as a tree
  int told_ = 0;                       // lines of this scene on the screen
  std::vector<Block> held_;            // blocks of this scene that wait for its end
  std::map<std::string, Style> lanes_;
  int lane_columns_ = 10;  // of their names, in this scene
};

}  // namespace lab
