#include "drill/store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/aside.hpp"
#include "core/place.hpp"
#include "lab/core/error.hpp"
#include "lab/core/terminal.hpp"

namespace runner {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr int kMostAnswers = 1'000'000'000;

bool whole_number(const Json& object, const char* key, int most, int& value) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return false;
  if (*found < 0 || *found > most) return false;
  value = found->get<int>();
  return true;
}

bool parse_record(const Json& object, Record& record) {
  if (!object.is_object()) return false;
  const auto easiness = object.find("easiness");
  const auto due = object.find("due");
  if (easiness == object.end() || !easiness->is_number()) return false;
  if (due == object.end() || !due->is_string()) return false;
  record.schedule.easiness = easiness->get<double>();
  if (!(record.schedule.easiness >= 1.3 && record.schedule.easiness <= 10)) return false;
  return parse_day(due->get_ref<const std::string&>(), record.schedule.due) &&
         whole_number(object, "repetitions", kMostAnswers, record.schedule.repetitions) &&
         whole_number(object, "interval", kLongestInterval, record.schedule.interval) &&
         whole_number(object, "asked", kMostAnswers, record.asked) &&
         whole_number(object, "right", kMostAnswers, record.right);
}

Record with_answer(Record record, int grade, Day day) {
  record.schedule = after(record.schedule, grade, day);
  if (record.asked < kMostAnswers) {
    ++record.asked;
    record.right += grade >= 3 ? 1 : 0;
  }
  return record;
}

std::int64_t now_ms() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

void write_all(int fd, std::string_view text, const fs::path& file) {
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    lab::check_errno(size, "write " + file.string());
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

// A descriptor that is closed with its scope.
class File {
 public:
  File(const fs::path& path, int flags)
      : fd_(static_cast<int>(lab::check_errno(open(path.c_str(), flags | O_CLOEXEC, 0600),
                                              "open " + path.string()))) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

// One drill at a time reads and changes the file; the lock is a file of its own, because
// drill.json itself is replaced.
class DrillStore::Lock {
 public:
  explicit Lock(const fs::path& file)
      : lock_(file.parent_path() / ".drill.lock", O_RDWR | O_CREAT) {
    while (flock(lock_.fd(), LOCK_EX) == -1) {
      if (errno != EINTR) lab::check_errno(-1, "lock " + file.string());
    }
  }

 private:
  File lock_;
};

fs::path DrillStore::default_file() {
  return data_folder() / "drill.json";
}

DrillStore::DrillStore(fs::path file) : file_(std::move(file)) {
  std::error_code error;
  fs::create_directories(file_.parent_path(), error);
  if (error) throw lab::Error("make " + file_.parent_path().string(), error.message());
}

Records DrillStore::read() {
  const Lock lock(file_);
  return read_locked();
}

Record DrillStore::note(const std::string& id, int grade, Day today) {
  const Lock lock(file_);
  Records records = read_locked();
  Record& record = records[id];
  record = with_answer(record, grade, today);
  append_locked({{id, grade, today, now_ms()}});
  write_locked(records);
  return record;
}

fs::path DrillStore::answers_file() const {
  return file_.parent_path() / "answers.ndjson";
}

Answers DrillStore::answers() const {
  Answers answers;
  std::ifstream stream(answers_file());
  for (std::string line; std::getline(stream, line);) {
    if (auto answer = parse_answer(line)) answers.insert(std::move(*answer));
  }
  return answers;
}

void DrillStore::merge(const Records& theirs, const Answers& their_answers) {
  const Lock lock(file_);
  Answers all = answers(), fresh;
  std::ranges::set_difference(their_answers, all, std::inserter(fresh, fresh.end()));
  all.insert(fresh.begin(), fresh.end());
  const Records records = merged(read_locked(), theirs, all);
  append_locked(fresh);
  write_locked(records);
}

void DrillStore::forget_all() {
  const Lock lock(file_);
  for (const fs::path& file : {file_, answers_file()}) {
    std::error_code error;
    fs::remove(file, error);
    if (error) throw lab::Error("remove " + file.string(), error.message());
  }
}

Records DrillStore::read_locked() {
  std::ifstream stream(file_);
  if (!stream) {
    if (!fs::exists(file_)) return {};
    throw lab::Error("read " + file_.string(), "it cannot be opened");
  }
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) throw lab::Error("read " + file_.string(), "it cannot be read");
  std::string fault;
  Records records = parse_records(text, fault);
  if (fault.empty()) return records;
  notice_ = fmt::format("{} is damaged ({}). It is kept as {}; ", file_.string(), fault,
                        set_aside(file_).string());
  notice_ += records.empty()
                 ? "this drill begins afresh"
                 : fmt::format("{} of its items are whole and go on", records.size());
  write_locked(records);
  return records;
}

void DrillStore::write_locked(const Records& records) const {
  fs::path fresh = file_;
  fresh += ".new";
  {
    const File out(fresh, O_WRONLY | O_CREAT | O_TRUNC);
    write_all(out.fd(), records_text(records), fresh);
    lab::check_errno(fsync(out.fd()), "write " + fresh.string());
  }
  lab::check_errno(rename(fresh.c_str(), file_.c_str()), "write " + file_.string());
}

// It begins with a line break: a line that a crash has cut must not spoil these.
void DrillStore::append_locked(const Answers& answers) const {
  if (answers.empty()) return;
  std::string text = "\n";
  for (const Answer& answer : answers) text += answer_text(answer) + "\n";
  const File out(answers_file(), O_WRONLY | O_APPEND | O_CREAT);
  write_all(out.fd(), text, answers_file());
}

std::string answer_text(const Answer& answer) {
  return Json{{"id", answer.id},
              {"grade", answer.grade},
              {"day", day_text(answer.day)},
              {"at", answer.at}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Answer> parse_answer(std::string_view line) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  Answer answer;
  const auto id = object.find("id"), day = object.find("day"), at = object.find("at");
  if (id == object.end() || !id->is_string()) return std::nullopt;
  if (day == object.end() || !day->is_string()) return std::nullopt;
  if (at == object.end() || !at->is_number_unsigned()) return std::nullopt;
  answer.id = id->get<std::string>();
  answer.at = at->get<std::int64_t>();
  if (!whole_number(object, "grade", 5, answer.grade)) return std::nullopt;
  if (!parse_day(day->get_ref<const std::string&>(), answer.day)) return std::nullopt;
  return answer;
}

Records merged(const Records& ours, const Records& theirs, const Answers& answers) {
  std::vector<Answer> in_order(answers.begin(), answers.end());
  std::ranges::stable_sort(in_order, {}, &Answer::at);
  Records result;
  for (const Answer& answer : in_order)
    result[answer.id] = with_answer(result[answer.id], answer.grade, answer.day);
  for (const Records* known : {&ours, &theirs}) {
    for (const auto& [id, record] : *known) {
      if (record.asked > result[id].asked) result[id] = record;
    }
  }
  return result;
}

const Record* known(const Records& records, const std::string& id) {
  const auto found = records.find(id);
  return found == records.end() ? nullptr : &found->second;
}

bool is_due(const Record* record, Day today) {
  return !record || record->schedule.due <= today;
}

std::string records_text(const Records& records) {
  Json items = Json::object();
  for (const auto& [id, record] : records) {
    items[id] = {{"due", day_text(record.schedule.due)},
                 {"interval", record.schedule.interval},
                 {"easiness", record.schedule.easiness},
                 {"repetitions", record.schedule.repetitions},
                 {"asked", record.asked},
                 {"right", record.right}};
  }
  const Json whole = {{"version", kVersion}, {"rule", "SM-2"}, {"items", items}};
  return whole.dump(1) + "\n";
}

Records parse_records(std::string_view text, std::string& fault) {
  fault.clear();
  const Json whole = Json::parse(text, nullptr, false);
  if (!whole.is_object()) {
    fault = "it is not a JSON object";
    return {};
  }
  const auto version = whole.find("version");
  if (version != whole.end() && version->is_number_integer() && *version > kVersion) {
    throw lab::Error("read what you answered", "a later Underloop has written it");
  }
  const auto items = whole.find("items");
  if (items == whole.end() || !items->is_object()) {
    fault = "it has no items";
    return {};
  }
  Records records;
  for (const auto& [id, object] : items->items()) {
    Record record;
    if (parse_record(object, record)) {
      records[id] = record;
    } else if (fault.empty()) {
      fault = "the entry of " + lab::printable(id.substr(0, 40));
    }
  }
  return records;
}

}  // namespace runner
