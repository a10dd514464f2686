#include "rehearse/interviews.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/place.hpp"
#include "lab/core/error.hpp"
#include "lab/os/descriptor.hpp"

namespace runner {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kMost = 10'000;  // of anything that is counted here

int number(const Json& object, const char* name) {
  const auto& value = object.at(name);
  if (!value.is_number_integer() || value < 0 || value > kMost)
    throw std::invalid_argument(std::string(name) + " is no count");
  return value.get<int>();
}

}  // namespace

double Interview::score() const {
  const double part = points ? static_cast<double>(said) / points : 0;
  return wrong ? part / 2 : part;
}

std::string interview_text(const Interview& interview) {
  const Json line = {
      {"day", day_text(interview.day)}, {"at", interview.at},
      {"lab", interview.lab},           {"seconds", interview.seconds},
      {"said", interview.said},         {"points", interview.points},
      {"senior", interview.senior},     {"senior_points", interview.senior_points},
      {"wrong", interview.wrong},       {"missed", interview.missed},
      {"typed", interview.typed}};
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Interview parse_interview(std::string_view line) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) throw std::invalid_argument("it is no JSON object");
  try {
    Interview interview{.at = object.at("at").get<std::int64_t>(),
                        .lab = object.at("lab").get<std::string>(),
                        .seconds = number(object, "seconds"),
                        .said = number(object, "said"),
                        .points = number(object, "points"),
                        .senior = number(object, "senior"),
                        .senior_points = number(object, "senior_points"),
                        .wrong = object.at("wrong").get<bool>(),
                        .missed = object.at("missed").get<std::vector<std::string>>(),
                        .typed = object.at("typed").get<std::string>()};
    if (!parse_day(object.at("day").get<std::string>(), interview.day))
      throw std::invalid_argument("its day is no date");
    if (interview.said > interview.points || interview.senior > interview.senior_points)
      throw std::invalid_argument("it has more than there is");
    return interview;
  } catch (const Json::exception& error) {
    throw std::invalid_argument(error.what());
  }
}

Interviews::Interviews(std::filesystem::path file) : file_(std::move(file)) {
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  if (error) throw lab::Error("make " + file_.parent_path().string(), error.message());
  std::ifstream stream(file_);
  if (!stream && std::filesystem::exists(file_))
    throw lab::Error("read " + file_.string(), "it cannot be opened");
  for (std::string line; std::getline(stream, line);) {
    if (line.empty()) continue;
    try {
      all_.push_back(parse_interview(line));
    } catch (const std::invalid_argument&) {
      ++unreadable_;
    }
  }
  std::ranges::stable_sort(all_, {}, &Interview::at);
}

std::filesystem::path Interviews::default_file() {
  return data_folder() / "interviews.ndjson";
}

const Interview* Interviews::last(std::string_view lab) const {
  const auto found = std::find_if(all_.rbegin(), all_.rend(),
                                  [&](const Interview& each) { return each.lab == lab; });
  return found == all_.rend() ? nullptr : &*found;
}

void Interviews::add(Interview interview) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  interview.at = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  // It begins with a line break: a line that a crash has cut must not spoil this one.
  const std::string line = "\n" + interview_text(interview) + "\n";
  const lab::Descriptor out(static_cast<int>(lab::check_errno(
      open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600),
      "open " + file_.string())));
  const ssize_t size = write(out.get(), line.data(), line.size());
  lab::check_errno(size, "write " + file_.string());
  if (static_cast<std::size_t>(size) != line.size())
    throw lab::Error("write " + file_.string(), "the disk is full");
  lab::check_errno(fsync(out.get()), "write " + file_.string());
  all_.push_back(std::move(interview));
}

}  // namespace runner
