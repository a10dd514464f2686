// trace_json.hpp: events as lines of the Trace Event Format, which Perfetto reads.
//
// A span on a lane of its own becomes an asynchronous slice ("b" and "e", its category
// the lane), one on its thread a plain slice ("B" and "E"); a state lasts from its event
// to the machine's next; an entry of a queue lasts from its put to its take. Our own
// fields are under `args`: event, cause, src. A counter ("C") may have nothing but its
// value there, so its own fields stand beside `args`.
//
// Source    "Trace Event Format", Google, the public document of that name.
#pragma once

#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/sink.hpp"

namespace lab {

// Turns each record into the line or lines that it becomes.
class TraceJson {
 public:
  // The name of the main process in the picture.
  explicit TraceJson(std::string process) : process_(std::move(process)) {}

  std::string lines(const Record& record);
  std::string knob(const std::string& name, const std::string& value,
                   const std::string& refused) const;
  std::string end(const RunEnd& end) const;

 private:
  struct Open {
    std::string name;
    std::string lane;
    EventId id = 0;
  };
  std::string introduce(const Record& record);

  std::string process_;
  std::set<std::int32_t> known_pids_;
  std::set<std::int32_t> known_tids_;
  std::unordered_map<EventId, Open> spans_;                      // begun, not ended
  std::map<std::pair<std::int32_t, std::string>, Open> states_;  // by process, machine
};

// Writes to a stream of the C library that it does not own: one JSON object a line
// (`--json`), or the whole as one JSON array (`--trace FILE`).
class JsonSink : public Sink {
 public:
  enum class Form { lines, array };
  JsonSink(std::FILE* out, Form form, std::string process);

  void event(const Record& record) override;
  void tick(std::uint64_t) override { std::fflush(out_); }
  void knob(const std::string& name, const std::string& value,
            const std::string& refused) override;
  void end(const RunEnd& end) override;

 private:
  void write(std::string_view lines);

  std::FILE* out_;
  Form form_;
  bool first_ = true;
  TraceJson json_;
};

}  // namespace lab
