#include "studio/store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include "core/read_text.hpp"
#include "lab/core/error.hpp"

namespace runner {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

std::int64_t unix_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t modified_ms(const fs::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return 0;
  return status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000;
}

// What a run's name alone tells of it.
RunCard named(const std::string& id) {
  RunCard card{.id = id, .lab = id.substr(0, 2)};
  std::from_chars(id.data() + 3, id.data() + id.size(), card.began);
  return card;
}

lab::Descriptor locked(const fs::path& folder, milliseconds patience) {
  const std::string file = folder / "lock";
  lab::Descriptor lock(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  lab::check_errno(lock.get(), "write " + file);
  const auto until = std::chrono::steady_clock::now() + patience;
  while (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) lab::check_errno(-1, "lock " + file);
    if (std::chrono::steady_clock::now() > until) {
      throw lab::Error("keep runs in " + folder.string(),
                       "another studio does; end it, or choose another folder with "
                       "XDG_DATA_HOME");
    }
    std::this_thread::sleep_for(milliseconds(10));
  }
  return lock;
}

}  // namespace

RunStore::RunStore(fs::path folder, StoreLimits limits)
    : folder_(std::move(folder)), limits_(limits) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (!error) fs::permissions(folder_, fs::perms::owner_all, error);
  if (error) throw lab::Error("keep runs in " + folder_.string(), error.message());
  lock_ = locked(folder_, limits.patience);
  load();
  make_room();
}

fs::path RunStore::file(const std::string& id, const char* ending) const {
  return folder_ / (id + ending);
}

void RunStore::load() {
  std::set<std::string> ids;
  std::vector<fs::path> unfinished;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const fs::path& path = entry.path();
    const bool ours = is_run_id(path.stem().string());
    if (ours && path.extension() == ".new") unfinished.push_back(path);
    if (ours && (path.extension() == ".json" || path.extension() == ".ndjson")) {
      ids.insert(path.stem());
    }
  }
  std::error_code none;
  for (const fs::path& path : unfinished) fs::remove(path, none);
  for (const std::string& id : ids) {
    RunCard card;
    try {
      card = RunCard::parse(id, read_text(file(id, ".json")).value_or(""));
    } catch (const Json::exception&) {  // its events tell all that matters
      if (!exists(file(id, ".ndjson"))) continue;
      card = named(id);
    }
    if (!card.ms) repair(card);
    cards_.emplace(id, std::move(card));
  }
}

// Its studio ended without a word. What came is counted; a half line is cut off.
void RunStore::repair(RunCard& card) {
  const fs::path path = events(card);
  const std::string text = read_text(path).value_or("");
  const std::size_t whole = text.rfind('\n') + 1;
  std::error_code none;
  if (whole < text.size()) {
    const auto when = fs::last_write_time(path, none);
    fs::resize_file(path, whole, none);
    fs::last_write_time(path, when, none);
  }
  card.count_anew();
  std::string_view rest = std::string_view(text).substr(0, whole);
  for (std::size_t end; (end = rest.find('\n')) != rest.npos;
       rest.remove_prefix(end + 1)) {
    const Json event = Json::parse(rest.substr(0, end), nullptr, false);
    card.count(event.is_object() ? event : Json::object());
  }
  card.ms = std::max<std::int64_t>(0, modified_ms(path) - card.began);
  card.why = "its studio ended before it did";
  try {
    save(card);
  } catch (const lab::Error&) {  // no room for it: then the next store repairs it again
  }
}

RunCard& RunStore::begin(const std::string& lab, Json knobs) {
  RunCard card{.lab = lab, .began = unix_ms(), .knobs = std::move(knobs), .live = true};
  for (int i = 0; card.id.empty() || find(card.id); ++i) {
    card.id = fmt::format("{}-{}-{}", lab, card.began, i);
  }
  save(card);
  RunCard& kept = cards_.emplace(card.id, card).first->second;
  make_room();
  return kept;
}

// Beside it first, so that a card is never half written.
void RunStore::save(const RunCard& card) {
  const fs::path fresh = file(card.id, ".new");
  std::ofstream out(fresh);
  out << card.text();
  out.close();
  std::error_code error;
  if (out) fs::rename(fresh, file(card.id, ".json"), error);
  if (out && !error) return;
  std::error_code none;
  fs::remove(fresh, none);
  throw lab::Error("write " + fresh.string(), "no room, or no right to");
}

void RunStore::make_room() {
  std::error_code none;
  std::uintmax_t bytes = 0;
  std::size_t kept = 0;
  for (const RunCard* card : newest_first()) {
    const auto size = fs::file_size(events(*card), none);
    bytes += none ? 0 : size;
    ++kept;
    if (card->live || (kept <= limits_.runs && bytes <= limits_.bytes)) continue;
    fs::remove(file(card->id, ".json"), none);
    fs::remove(events(*card), none);
    cards_.erase(cards_.find(card->id));
  }
}

const RunCard* RunStore::find(std::string_view id) const {
  const auto found = cards_.find(id);
  return found == cards_.end() ? nullptr : &found->second;
}

fs::path RunStore::events(const RunCard& card) const {
  return file(card.id, ".ndjson");
}

std::vector<const RunCard*> RunStore::newest_first() const {
  std::vector<const RunCard*> cards;
  for (const auto& [id, card] : cards_) cards.push_back(&card);
  std::ranges::sort(cards, [](const RunCard* a, const RunCard* b) {
    return std::pair(a->began, a->id) > std::pair(b->began, b->id);
  });
  return cards;
}

}  // namespace runner
