#include "core/trace_json.hpp"

#include <nlohmann/json.hpp>

namespace lab {

namespace {

using Json = nlohmann::ordered_json;
using Kind = Record::Kind;

double microseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1000.0;
}

std::string line(const Json& json) {
  // A text that is not UTF-8 gets replacement characters: a broken line helps nobody.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string hex(EventId id) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(id));
  return text;
}

std::string source(const Record& record) {
  return record.file + ":" + std::to_string(record.line);
}

Json event(const Record& record, const char* phase, const std::string& category) {
  return {{"name", record.name},
          {"ph", phase},
          {"ts", microseconds(record.nanoseconds)},
          {"pid", record.pid},
          {"tid", record.tid},
          {"cat", category}};
}

Json arguments(const Record& record) {
  Json args = Json::object();
  for (const auto& field : record.args) {
    std::visit([&](const auto& plain) { args[field.key] = plain; }, field.value);
  }
  args["event"] = record.id;
  if (record.cause) args["cause"] = record.cause;
  if (!record.lane.empty()) args["lane"] = record.lane;
  args["src"] = source(record);
  return args;
}

// One end of an asynchronous slice: begin and end must agree in name, category and id.
std::string slice(const Record& record, const char* phase, const std::string& name,
                  const std::string& category, EventId id) {
  Json json = event(record, phase, category);
  json["name"] = name;
  json["id"] = hex(id);
  json["args"] = arguments(record);
  return line(json);
}

std::string plain(const Record& record, const char* phase, const std::string& category) {
  Json json = event(record, phase, category);
  if (*phase == 'i') json["s"] = category == "instant" ? "t" : "g";
  json["args"] = arguments(record);
  return line(json);
}

std::string counter(const Record& record) {
  const std::string name =
      record.lane.empty() ? record.name : record.lane + " " + record.name;
  Json json = event(record, "C", "counter");
  json["name"] = name;
  json["args"] = {{record.name, record.value}};
  json["src"] = source(record);
  json["event"] = record.id;
  if (!record.lane.empty()) json["lane"] = record.lane;
  if (const std::string unit = record.text("unit"); !unit.empty()) json["unit"] = unit;
  return line(json);
}

std::string story(const Record& record, const char* category) {
  Json json = event(record, "i", category);
  json["s"] = "g";
  Json args = arguments(record);
  if (record.kind == Kind::claim) args["claim"] = record.name;
  if (record.kind == Kind::picture) args["feeds"] = cells(record.text("feeds")).front();
  if (record.kind == Kind::table) {
    args["title"] = record.name;
    args["columns"] = cells(record.text("columns")).front();
    args["rows"] = cells(record.text("rows"));
  }
  json["args"] = std::move(args);
  return line(json);
}

Json metadata(const char* what, std::int32_t pid, std::int32_t tid,
              const std::string& name) {
  return {{"name", what},
          {"ph", "M"},
          {"ts", 0},
          {"pid", pid},
          {"tid", tid},
          {"cat", "__metadata"},
          {"args", {{"name", name}}}};
}

Json from_narrator(const char* category, const std::string& name, Json args) {
  return {{"name", name},
          {"ph", "i"},
          {"ts", microseconds(steady_nanoseconds())},
          {"pid", 0},
          {"tid", 0},
          {"s", "g"},
          {"cat", category},
          {"args", std::move(args)}};
}

}  // namespace

std::string TraceJson::introduce(const Record& record) {
  std::string lines;
  if (known_pids_.insert(record.pid).second) {
    const bool main = known_pids_.size() == 1;
    lines += line(metadata("process_name", record.pid, record.pid,
                           main ? process_ : process_ + ", child"));
  }
  if (known_tids_.insert(record.tid).second) {
    const bool main = record.tid == record.pid;
    lines +=
        line(metadata("thread_name", record.pid, record.tid, main ? "main" : "thread"));
  }
  return lines;
}

std::string TraceJson::lines(const Record& record) {
  std::string lines = introduce(record);
  switch (record.kind) {
    case Kind::instant:
      if (record.lane.empty()) return lines + plain(record, "i", "instant");
      return lines + slice(record, "n", record.name, record.lane, record.id);
    case Kind::begin:
      if (record.lane.empty()) return lines + plain(record, "B", "span");
      spans_[record.id] = {record.name, record.lane, record.id};
      return lines + slice(record, "b", record.name, record.lane, record.id);
    case Kind::end: {
      const auto open = spans_.find(record.link);
      if (open == spans_.end()) return lines + plain(record, "E", "span");
      lines += slice(record, "e", open->second.name, open->second.lane, record.link);
      spans_.erase(open);
      return lines;
    }
    case Kind::counter:
      return lines + counter(record);
    case Kind::state: {
      Open& current = states_[{record.pid, record.lane}];
      const std::string category = "state " + record.lane;
      if (current.id) lines += slice(record, "e", current.name, category, current.id);
      current = {record.name, record.lane, record.id};
      return lines + slice(record, "b", record.name, category, record.id);
    }
    case Kind::flow_out:
    case Kind::flow_in: {
      const bool out = record.kind == Kind::flow_out;
      Json json = event(record, out ? "s" : "f", "flow");
      json["id"] = hex(out ? record.id : record.link);
      if (!out) json["bp"] = "e";  // bind to the slice around it, not to the next
      json["args"] = arguments(record);
      return lines + line(json);
    }
    case Kind::queued:
      return lines + slice(record, "b", record.name, "queue " + record.lane, record.id);
    case Kind::taken:
      return lines + slice(record, "e", record.name, "queue " + record.lane, record.link);
    case Kind::scene:
      return lines + story(record, "scene");
    case Kind::say:
      return lines + story(record, "say");
    case Kind::claim:
      return lines + story(record, "claim");
    case Kind::nuance:
      return lines + story(record, "nuance");
    case Kind::table:
      return lines + story(record, "table");
    case Kind::picture:
      return lines + story(record, "picture");
    case Kind::takeaway:
      return lines + story(record, "takeaway");
    case Kind::actor:
      return lines + story(record, "actor");
  }
  return lines;
}

std::string TraceJson::knob(const std::string& name, const std::string& value,
                            const std::string& refused) const {
  Json args = {{"value", value}};
  if (!refused.empty()) args["refused"] = refused;
  return line(from_narrator("knob", name, std::move(args)));
}

std::string TraceJson::end(const RunEnd& end) const {
  return line(from_narrator("run", "end",
                            {{"exit", end.exit_code},
                             {"killed_by", end.killed_by},
                             {"stopped", end.stopped},
                             {"claims", end.claims},
                             {"failed", end.failed},
                             {"events", end.events},
                             {"dropped", end.dropped}}));
}

JsonSink::JsonSink(std::FILE* out, Form form, std::string process)
    : out_(out), form_(form), json_(std::move(process)) {
  if (form_ == Form::array) std::fputs("[\n", out_);
}

void JsonSink::write(std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    if (form_ == Form::array && !first_) std::fputs(",\n", out_);
    std::fwrite(lines.data(), 1, end, out_);
    if (form_ == Form::lines) std::fputc('\n', out_);
    first_ = false;
    lines.remove_prefix(end + 1);
  }
}

void JsonSink::event(const Record& record) {
  write(json_.lines(record));
}

void JsonSink::knob(const std::string& name, const std::string& value,
                    const std::string& refused) {
  write(json_.knob(name, value, refused));
}

void JsonSink::end(const RunEnd& end) {
  write(json_.end(end));
  if (form_ == Form::array) std::fputs("\n]\n", out_);
  std::fflush(out_);
}

}  // namespace lab
