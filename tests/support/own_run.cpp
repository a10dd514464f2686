#include "support/own_run.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "lab/core/error.hpp"

namespace lab::test {

namespace fs = std::filesystem;

TempFolder::TempFolder() : path_(fs::temp_directory_path() / "labtest.XXXXXX") {
  if (!mkdtemp(path_.data())) check_errno(-1, "make a temporary folder");
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

OwnRun::OwnRun() {
  const std::string run = folder() + "/underloop-" + std::to_string(geteuid()) + "/run";
  setenv("TMPDIR", folder().c_str(), 1);
  setenv("LAB_RUN_DIR", run.c_str(), 1);
  for (const char* name : {"LAB_REDIS_URL", "LAB_POSTGRES_URL", "LAB_S3_URL"})
    unsetenv(name);
}

OwnRun::~OwnRun() {
  for (const char* name :
       {"TMPDIR", "LAB_RUN_DIR", "LAB_REDIS_URL", "LAB_POSTGRES_URL"}) {
    unsetenv(name);
  }
}

}  // namespace lab::test
