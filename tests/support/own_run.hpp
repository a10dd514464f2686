// own_run.hpp: a temporary folder of a test's own, and a run's folder in it.
#pragma once

#include <string>

namespace lab::test {

// Lives as long as the test does.
class TempFolder {
 public:
  TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder();

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What a lab's program has around it: $TMPDIR and a run's folder as Program makes one, and
// no service but the test's own.
class OwnRun {
 public:
  OwnRun();
  OwnRun(const OwnRun&) = delete;
  OwnRun& operator=(const OwnRun&) = delete;
  ~OwnRun();

  const std::string& folder() const { return folder_.path(); }

 private:
  TempFolder folder_;
};

}  // namespace lab::test
