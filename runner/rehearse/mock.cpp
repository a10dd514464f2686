#include "rehearse/mock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <sstream>

#include "drill/judge.hpp"
#include "drill/questioner.hpp"
#include "rehearse/interviewer.hpp"

namespace runner {

namespace {

using lab::Style;
using std::chrono::seconds;
using std::chrono::steady_clock;
using Turn = Questioner::Turn;

std::string clock_text(seconds left) {
  return fmt::format("{}:{:02}", left.count() / 60, left.count() % 60);
}

class MockInterview {
 public:
  MockInterview(const Place& place, DrillStore& store, Interviews& interviews,
                const MockOptions& options)
      : place_(place),
        interviews_(interviews),
        options_(options),
        seed_(options.seed ? *options.seed : std::random_device()()),
        questioner_(place, store, store.read()) {}

  // The code to exit with.
  int run(const std::vector<Lab>& labs);

 private:
  bool ask(const Lab& lab);
  std::optional<int> spoken();
  bool check(const Page& page, Answered& answered);
  std::optional<std::set<std::size_t>> checks(const std::string& question,
                                              const std::vector<std::string>& points);
  std::optional<bool> yes(const std::string& question);
  bool follow_up(const Page& page);
  bool predict(const Lab& lab);
  void compare(const Interview* last) const;
  void report() const;

  const Place& place_;
  Interviews& interviews_;
  const MockOptions& options_;
  const unsigned seed_;
  Random random_{};  // of this question
  Questioner questioner_;
  const steady_clock::time_point began_ = steady_clock::now();
  std::vector<Answered> done_;
};

int MockInterview::run(const std::vector<Lab>& labs) {
  std::set<std::string> asked;
  const auto end = began_ + std::chrono::minutes(options_.minutes);
  while (steady_clock::now() < end) {
    random_ = random_of(seed_, asked.size());
    const Lab* lab = next_question(labs, interviews_, asked, random_);
    if (!lab) break;
    asked.insert(lab->number);
    if (!ask(*lab)) break;
  }
  report();
  const int signal = questioner_.input().signal();
  return signal ? 128 + signal : 0;
}

// False if it is to end.
bool MockInterview::ask(const Lab& lab) {
  const Page page = page_of(lab, place_);
  const Interview* before = interviews_.last(lab.number);
  const auto last = before ? std::optional(*before) : std::nullopt;
  fmt::print("\n{}\n", questioner_.terminal().styled(
                           Style::bold, fmt::format("Question {}", done_.size() + 1)));
  questioner_.paragraph(lab.question);
  const auto took = spoken();
  if (!took) return false;

  Answered answered{lab, {.day = today(), .lab = lab.number, .seconds = *took}};
  const auto typed =
      questioner_.typed("To keep your answer, type it in one line. Enter goes on");
  if (!typed) return false;
  answered.interview.typed = *typed;
  fmt::print("\n");
  questioner_.paragraph(page.spoken, Style::green);
  if (!check(page, answered)) return false;
  interviews_.add(answered.interview);
  done_.push_back(std::move(answered));
  compare(last ? &*last : nullptr);
  return follow_up(page) && predict(lab);
}

// You speak until you press Enter, or until the time is over. The seconds it took; nothing if
// it is to end.
std::optional<int> MockInterview::spoken() {
  const auto began = steady_clock::now();
  const auto end = began + seconds(options_.seconds);
  const bool shows = questioner_.terminal().interactive();
  questioner_.paragraph(
      fmt::format("Answer aloud. You have {}. Press Enter when you have "
                  "said it, or type q to stop.",
                  clock_text(seconds(options_.seconds))),
      Style::dim);
  while (steady_clock::now() < end) {
    const auto left = std::chrono::ceil<seconds>(end - steady_clock::now());
    if (shows)
      fmt::print("\r  {} ", questioner_.terminal().styled(Style::cyan, clock_text(left)));
    std::fflush(stdout);
    if (!questioner_.input().wait(std::chrono::milliseconds(shows ? 250 : 1000)))
      continue;
    const auto line = questioner_.input().line();
    if (shows) fmt::print("\033[A");  // Enter has left the clock's line
    if (!line || *line == "q" || *line == "quit") return std::nullopt;
    break;
  }
  const auto took =
      std::min<steady_clock::duration>(steady_clock::now() - began, end - began);
  if (shows) fmt::print("\r\033[K");
  questioner_.paragraph(
      steady_clock::now() < end
          ? fmt::format("You took {}.", clock_text(std::chrono::round<seconds>(took)))
          : "The time is over.",
      Style::dim);
  return static_cast<int>(std::chrono::round<seconds>(took).count());
}

bool MockInterview::check(const Page& page, Answered& answered) {
  Ticked ticked;
  const auto said = checks("Which of these did you say?", page.must_say);
  if (!said) return false;
  ticked.said = *said;
  const auto senior =
      checks("Which of these did you add? They make it a senior's answer.", page.senior);
  if (!senior) return false;
  ticked.senior = *senior;
  if (!page.wrong.empty()) {
    fmt::print("\n");
    questioner_.paragraph(fmt::format("A red flag: \"{}\"", page.wrong));
    const auto wrong = yes("Did you say that?");
    if (!wrong) return false;
    ticked.wrong = *wrong;
  }
  grade(answered, page, ticked);
  return true;
}

std::optional<std::set<std::size_t>> MockInterview::checks(
    const std::string& question, const std::vector<std::string>& points) {
  if (points.empty()) return std::set<std::size_t>{};
  fmt::print("\n");
  questioner_.paragraph(question);
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::string mark = fmt::format("{:>4}  ", i + 1);
    for (const std::string& line : questioner_.terminal().wrapped(points[i], 6)) {
      fmt::print("{}{}\n", mark, line);
      mark.assign(6, ' ');
    }
  }
  const std::string form = "The numbers, such as 1 3, or all. Enter for none";
  for (std::string prompt = form;; prompt = "I could not read that. " + form) {
    const auto typed = questioner_.typed(prompt);
    if (!typed) return std::nullopt;
    if (auto numbers = parse_checks(*typed, points.size())) return numbers;
  }
}

std::optional<bool> MockInterview::yes(const std::string& question) {
  for (std::string prompt = question + " y or n";; prompt = "Please type y or n") {
    const auto typed = questioner_.typed(prompt);
    if (!typed) return std::nullopt;
    if (*typed == "y" || *typed == "yes") return true;
    if (*typed == "n" || *typed == "no" || typed->empty()) return false;
  }
}

bool MockInterview::follow_up(const Page& page) {
  const auto next = any_follow_up(page, random_);
  if (!next) return true;
  fmt::print("\n");
  questioner_.paragraph("They ask next: " + next->question, Style::bold);
  if (!questioner_.typed("Say it aloud, then press Enter to see ours")) return false;
  questioner_.paragraph(next->answer, Style::green);
  return true;
}

bool MockInterview::predict(const Lab& lab) {
  const auto item = any_scenario(lab, place_, random_);
  if (!item) return true;
  const bool goes_on = questioner_.ask(*item, "Predict") != Turn::stop;
  if (const auto graded = questioner_.grade())
    done_.back().predicted = *graded >= grades::known;
  return goes_on;
}

void MockInterview::compare(const Interview* last) const {
  const Interview& now = done_.back().interview;
  questioner_.paragraph(points_text(now) + ".", Style::bold);
  if (!last) return;
  const auto days = static_cast<int>((now.day - last->day).count());
  const std::string when = days == 0   ? "Earlier today"
                           : days == 1 ? "The last time, 1 day ago"
                                       : fmt::format("The last time, {} days ago", days);
  questioner_.paragraph(fmt::format("{}: {}.", when, points_text(*last)), Style::dim);
  if (!now.typed.empty() && !last->typed.empty())
    questioner_.paragraph("Then you typed: " + lab::printable(last->typed), Style::dim);
}

void MockInterview::report() const {
  const auto minutes =
      std::chrono::ceil<std::chrono::minutes>(steady_clock::now() - began_);
  fmt::print("\n{} answered in {} min.\n",
             done_.size() == 1 ? "1 question" : fmt::format("{} questions", done_.size()),
             minutes.count());
  for (const auto& [lab, interview, senior, predicted] : done_) {
    questioner_.paragraph(fmt::format("· {} {} of {} points{}", lab.question,
                                      interview.said, interview.points,
                                      interview.wrong ? ", and a red flag" : ""));
  }
  const auto [well, weak] = report_of(done_, place_);
  if (!well.empty()) fmt::print("\nWhat went well:\n");
  for (const std::string& good : well) questioner_.paragraph("✔ " + good, Style::green);
  if (!weak.empty()) fmt::print("\nYour weakest points, and what shows each:\n");
  for (const WeakPoint& point : weak) {
    questioner_.paragraph(point.text);
    questioner_.paragraph(
        "  " + point.command +
            (point.claim.empty() ? "" : fmt::format("   (claim {})", point.claim)),
        Style::cyan);
  }
  if (!done_.empty()) fmt::print("\nKept in {}\n", interviews_.file().string());
}

}  // namespace

std::optional<std::set<std::size_t>> parse_checks(std::string_view typed,
                                                  std::size_t of) {
  std::set<std::size_t> numbers;
  if (typed == "none") return numbers;
  if (typed == "all") {
    for (std::size_t i = 1; i <= of; ++i) numbers.insert(i);
    return numbers;
  }
  std::string text(typed);
  std::ranges::replace(text, ',', ' ');
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    std::size_t number = 0;
    const auto [end, error] =
        std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    if (number < 1 || number > of) return std::nullopt;
    numbers.insert(number);
  }
  return numbers;
}

int mock(const Catalog& catalog, const Place& place, const MockOptions& options) {
  const auto labs = askable(catalog, place, options.section, options.lab);
  DrillStore store(DrillStore::default_file());
  Interviews interviews(Interviews::default_file());
  if (interviews.unreadable()) {
    fmt::print(stderr, "lab: {} has {} lines that cannot be read; they stay there\n",
               interviews.file().string(), interviews.unreadable());
  }
  fmt::print(
      "An interview of {} minutes. q stops it at any prompt; what you have answered is "
      "kept, and nothing leaves this machine.\n",
      options.minutes);
  return MockInterview(place, store, interviews, options).run(labs);
}

}  // namespace runner
