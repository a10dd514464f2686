// mock.hpp: the mock interview in the studio, as JSON. What is asked, how it is graded and what
// the report says is rehearse/'s; the answers go to the same file as those of ./lab mock.
//
// Errors    A message that makes no sense throws Usage, and changes nothing.
#pragma once

#include <filesystem>
#include <string>

#include "rehearse/sitting.hpp"
#include "studio/drill.hpp"

namespace runner {

class StudioMock {
 public:
  StudioMock(const Place& place, const Catalog& catalog, StudioDrill& drill,
             std::filesystem::path folder);

  // Where the interview stands, and all that there is to see of it.
  Json state();

  // Does what {"do":"mock","step":...} says; the state after it. But "begin" and "close", a
  // step names the question it is about, so that two tabs cannot answer for each other.
  Json obey(const Json& message);

  // A verdict of the drill: it may be that of the interview's prediction.
  void hear(const Json& verdict);

 private:
  void take(const std::string& step, const Json& message);
  void tell_question(Json& json);
  void tell_check(Json& json) const;
  void tell_report(Json& json) const;

  const Place& place_;
  const Catalog& catalog_;
  StudioDrill& drill_;
  std::filesystem::path folder_;
  MockSitting sitting_;
};

}  // namespace runner
