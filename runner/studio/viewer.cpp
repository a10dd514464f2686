#include "studio/viewer.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <fstream>

#include "studio/fault.hpp"

namespace runner {

namespace {

constexpr int kDeepest = 4;

// Not an object, or nested so deeply that nobody can have meant it: null.
Json parsed(std::string_view text) {
  bool deep = false;
  Json json = Json::parse(
      text,
      [&](int depth, Json::parse_event_t, const Json&) {
        deep = deep || depth > kDeepest;
        return depth <= kDeepest;
      },
      false);
  return deep || !json.is_object() ? Json() : json;
}

std::string text_of(const Json& message, const char* key) {
  const auto found = message.find(key);
  if (found == message.end() || !found->is_string()) {
    throw Usage(std::string(key) + " is missing, or no text");
  }
  return found->get<std::string>();
}

// The story of a run: what a viewer gets however slow it is.
bool always_sent(std::string_view line) {
  constexpr std::string_view key = "\"cat\":\"";
  const std::size_t at = line.find(key);
  if (at == line.npos) return true;
  const std::string_view kind = line.substr(at + key.size());
  for (const std::string_view one :
       {"scene\"", "say\"", "claim\"", "nuance\"", "table\"", "state ", "run\"", "knob\"",
        "fault\"", "__metadata\""}) {
    if (kind.starts_with(one)) return true;
  }
  return false;
}

}  // namespace

void Viewer::send(const Json& message) {
  peer_->write(std::make_shared<const std::string>(
      message.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

void Viewer::on_text(std::string_view text) {
  const Json message = parsed(text);
  try {
    if (message.is_null()) throw Usage("not an object of JSON");
    obey(message);
    wrong_ = 0;
  } catch (const std::exception& error) {
    refuse(message, error.what());
  }
  if (!full()) return;
  paused_ = true;
  peer_->pause(true);
}

void Viewer::refuse(const Json& message, const std::string& why) {
  Json about = message.is_object() ? message.value("do", Json()) : Json();
  if (!about.is_string() || about.get_ref<const std::string&>().size() > 64)
    about = nullptr;
  send({{"is", "error"}, {"about", about}, {"why", why}});
  if (++wrong_ >= kPatience) {
    peer_->close(lab::websocket::code::policy, "too many wrong messages");
  }
}

void Viewer::obey(const Json& message) {
  const std::string what = text_of(message, "do");
  if (what == "run") return started(studio_.start(message), "");
  if (what == "watch") return watch(message);
  if (what == "knob") return knob(message);
  if (what == "drill") return drill(message);
  if (what == "mock") return send(studio_.mock().obey(message));
  if (what == "plan") return send(studio_.plan().obey(message));
  if (what == "walked")
    return studio_.plan().note("walk", studio_.lab(text_of(message, "lab")));
  if (what == "processes") return processes(message);
  if (what == "fault") return fault(message);
  if (what == "stop") return going_on(message).stop("a viewer stopped it");
  if (what != "leave") {
    throw Usage(
        "there are run, watch, leave, knob, stop, drill, mock, plan, walked, processes, "
        "fault");
  }
  watched_.erase(text_of(message, "run"));
}

StudioRun& Viewer::going_on(const Json& message) const {
  StudioRun* const run = studio_.live(text_of(message, "run"));
  if (!run) throw Usage("there is no such run, or it has ended");
  return *run;
}

void Viewer::started(const RunCard& card, const std::string& item) {
  const StudioRun* const run = studio_.live(card.id);
  Json message = {{"is", "started"},
                  {"run", card.id},
                  {"lab", card.lab},
                  {"live", run && run->until_stopped()}};
  if (!item.empty()) message["item"] = item;
  send(message);
  if (run && run->building()) {
    send({{"is", "note"},
          {"run", card.id},
          {"text", "It is built first; that takes a while."}});
  }
}

void Viewer::drill(const Json& message) {
  const DrillItem item = studio_.drill().item(text_of(message, "item"));
  const auto grade = message.find("grade");
  if (grade == message.end()) {
    const std::string answer = text_of(message, "answer");
    return started(studio_.ask(item, answer, weak_from_this()), item.id);
  }
  if (!grade->is_number_unsigned() || *grade > 5) throw Usage("grade is 0 to 5");
  send(studio_.drill().grade(item, grade->get<int>()));
}

void Viewer::processes(const Json& message) {
  const StudioRun& run = going_on(message);
  Json list = Json::array();
  for (const LabChild& child : children_of(run.pid())) {
    list.push_back({{"pid", child.pid},
                    {"parent", child.parent},
                    {"name", child.name},
                    {"frozen", child.frozen}});
  }
  send({{"is", "processes"}, {"run", run.card().id}, {"processes", list}});
}

void Viewer::fault(const Json& message) {
  StudioRun& run = going_on(message);
  const Json pid = message.value("pid", Json());
  if (!pid.is_number_unsigned() || pid > INT_MAX) throw Usage("pid is a number");
  run.fault(pid, text_of(message, "fault"));
}

void Viewer::watch(const Json& message) {
  const std::string id = text_of(message, "run");
  if (!studio_.store().find(id)) throw Usage("there is no such run");
  const Json from = message.value("from", Json(0));
  if (!from.is_number_unsigned()) throw Usage("from is the number of an event");
  if (!watches(id) && watched_.size() >= kWatched) throw Usage("leave another run first");
  Cursor cursor;
  cursor.from = from;
  watched_.insert_or_assign(id, std::move(cursor));
}

void Viewer::knob(const Json& message) {
  const std::string id = text_of(message, "run");
  const std::string name = text_of(message, "name");
  const Json value = message.value("value", Json());
  StudioRun* const live = studio_.live(id);
  if (!live || !live->until_stopped())
    throw Usage("the knobs of that run cannot be turned");
  std::string refused;
  try {
    const Json& known = studio_.facts().describe(studio_.lab(live->card().lab));
    const std::string text = LabFacts::knob_argument(known, name, value);
    if (!live->knob(name, text)) refused = "the lab does not listen just now";
  } catch (const Usage& error) {
    refused = error.what();
  }
  if (refused.empty()) return;  // else the lab itself says that it was turned
  send({{"is", "knob"},
        {"run", id},
        {"name", name},
        {"value", value},
        {"refused", refused}});
}

bool Viewer::pump() {
  if (paused_ && !full()) {
    paused_ = false;
    peer_->pause(false);
  }
  bool more = false;
  for (auto next = watched_.begin(); next != watched_.end() && peer_->open();) {
    const auto it = next++;  // it may end, and go
    const std::string run = it->first;
    more = pump(run, it->second) || more;
  }
  return more;
}

bool Viewer::pump(const std::string& run, Cursor& cursor) {
  const RunCard* const card = studio_.store().find(run);
  if (!card) {
    removed(run);
    return false;
  }
  std::error_code none;
  const auto size = std::filesystem::file_size(studio_.store().events(*card), none);
  const auto behind = none ? 0 : size - std::min(size, cursor.offset);
  if (behind > studio_.options().behind && card->live && peer_->waiting() >= kFull) {
    cursor.coarse = true;
  } else if (behind < studio_.options().behind / 4) {
    cursor.coarse = false;
  }
  const std::size_t most = cursor.coarse ? 4 * kFull : kFull;
  bool more = true;
  while (more && peer_->waiting() < most) more = read_piece(*card, cursor);
  flush(run, cursor);
  if (!more && !card->live) end(*card);
  return more;
}

// False at the end of what is recorded.
bool Viewer::read_piece(const RunCard& card, Cursor& cursor) {
  std::ifstream in(studio_.store().events(card), std::ios::binary);
  in.seekg(static_cast<std::streamoff>(cursor.offset));
  std::array<char, 64 << 10> bytes{};
  in.read(bytes.data(), bytes.size());
  std::string_view piece(bytes.data(), static_cast<std::size_t>(in.gcount()));
  piece = piece.substr(0, piece.rfind('\n') + 1);
  cursor.offset += piece.size();
  const bool more = !piece.empty();
  for (std::size_t end; (end = piece.find('\n')) != piece.npos;) {
    add(card.id, cursor, piece.substr(0, end));
    piece.remove_prefix(end + 1);
  }
  return more;
}

void Viewer::add(const std::string& run, Cursor& cursor, std::string_view line) {
  const std::size_t number = cursor.next++;
  if (number < cursor.from) return;
  if (cursor.coarse && !always_sent(line)) {
    if (cursor.count) flush(run, cursor);
    ++cursor.skipped;
    return;
  }
  if (cursor.batch.size() + line.size() > kMessage) flush(run, cursor);
  if (cursor.count++ == 0) {
    cursor.first = number;
    tell_skipped(run, cursor);
  } else {
    cursor.batch += ',';
  }
  cursor.batch += line;
}

void Viewer::tell_skipped(const std::string& run, Cursor& cursor) {
  if (cursor.skipped == 0) return;
  send({{"is", "coarser"},
        {"run", run},
        {"skipped", cursor.skipped},
        {"from", cursor.first - cursor.skipped},
        {"to", cursor.first - 1}});
  cursor.skipped = 0;
}

void Viewer::flush(const std::string& run, Cursor& cursor) {
  if (cursor.count == 0) return;
  // Put together by hand: the events are JSON already, and were looked at when recorded.
  peer_->write(std::make_shared<const std::string>(
      R"({"is":"events","run":")" + run + R"(","first":)" + std::to_string(cursor.first) +
      R"(,"events":[)" + cursor.batch + "]}"));
  cursor.batch.clear();
  cursor.count = 0;
}

// The store made room.
void Viewer::removed(const std::string& run) {
  send({{"is", "ended"},
        {"run", run},
        {"exit", nullptr},
        {"events", 0},
        {"claims", 0},
        {"failed", 0},
        {"why", "it was removed: the store was full"}});
  watched_.erase(run);
}

void Viewer::end(const RunCard& card) {
  Cursor& cursor = watched_.find(card.id)->second;
  cursor.first = cursor.next;
  tell_skipped(card.id, cursor);
  Json message = {{"is", "ended"}, {"run", card.id}, {"exit", nullptr}};
  if (card.exit) message["exit"] = *card.exit;
  message["events"] = card.events;
  message["claims"] = card.claims;
  message["failed"] = card.failed;
  message["why"] = card.why.empty() ? Json() : Json(card.why);
  send(message);
  watched_.erase(card.id);
}

}  // namespace runner
