// sitting.hpp: a mock interview that is held in steps, so that it can be left and taken up again.
//
//   none -begin-> asked -said-> type -compare-> check -grade-> follow -> predict -> asked ...
//                   \----------------- end ---------------------------------> report -close-> none
//
//   mock.json in the data folder     written before a step returns: whoever leaves comes back to
//                                    the same question. The answers are in interviews.ndjson.
//
// Units     Moments are ms since 1970, from the clock that is handed in.
// Errors    A step that makes no sense now throws Usage and changes nothing. A damaged mock.json
//           is set aside. What cannot be written throws lab::Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rehearse/interviewer.hpp"
#include "rehearse/mock.hpp"

namespace runner {

enum class MockPhase { none, asked, type, check, follow, predict, report };

std::string word(MockPhase phase);

// What the run said of a prediction.
struct Prediction {
  std::optional<bool> right{};  // nothing: it could not be judged
  std::string answer{};
  std::string because{};
  std::string run{};
};

// All of it, as mock.json has it.
struct SittingState {
  MockPhase phase = MockPhase::none;
  MockOptions options{};
  unsigned seed = 0;
  std::int64_t began = 0, ended = 0, asked_at = 0;
  std::vector<std::string> asked{};  // labs; the last one is the question
  int took = 0;                      // seconds for its answer
  std::string typed{};               // and what else is not graded yet
  Ticked ticked{};
  std::optional<Interview> before{};  // the answer of the last time
  std::optional<FollowUp> follow_up{};
  std::string item{};  // to be predicted
  std::optional<Prediction> prediction{};
  std::vector<Answered> done{};
};

std::string sitting_text(const SittingState& state);
// Nothing if it is damaged, or of labs that there are none of.
std::optional<SittingState> parse_sitting(std::string_view text, const Catalog& catalog);

class MockSitting {
 public:
  static constexpr std::size_t kLongestAnswer = 8000;  // bytes that are typed

  using Now = std::function<std::int64_t()>;

  MockSitting(const Place& place, const Catalog& catalog, std::filesystem::path folder,
              Now now);

  const SittingState& state() const { return state_; }
  const Lab& lab() const;       // of the question. REQUIRES: there was one
  std::int64_t left() const;    // ms to answer in; 0: the time is over
  std::int64_t lasted() const;  // ms since the interview began
  bool is_over() const;         // no new question any more

  void begin(const MockOptions& options);
  void said();                    // the clock stops
  void draft(std::string typed);  // kept, should you leave
  void draft(const Ticked& ticked);
  void compare(std::string typed);
  void grade(const Ticked& ticked);
  void follow_up_seen();
  void predicted(const std::string& item, Prediction prediction);
  void next();  // the next question, or the report
  void end();   // the report, now
  void close();

 private:
  void expect(MockPhase phase, const char* step) const;
  void become(SittingState next);
  void ask(SittingState& next) const;
  void predict_or_ask(SittingState& next) const;
  void finish(SittingState& next) const;
  Interviews interviews() const { return Interviews(folder_ / "interviews.ndjson"); }
  Random random(const SittingState& state) const;

  const Place& place_;
  const Catalog& catalog_;
  std::filesystem::path folder_;
  Now now_;
  SittingState state_{};
};

}  // namespace runner
