// releases.hpp: a real shared library in five releases, and programs linked with it.
//
// The build makes them from releases/, beside this lab's program. As Debian names them, the
// file is libprice.so.MAJOR, and a program asks for that name.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace lab27 {

// What a program did when it met a release.
struct Meeting {
  bool ran = false;
  std::string said;  // its first line, or the dynamic linker's complaint
};

class Releases {
 public:
  Releases();  // throws lab::Error if the build has made none

  // Starts `program` ("shop", "tax_shop") where this release is installed.
  Meeting start(std::string_view program, std::string_view release) const;

  // The same, with the release's file under the name of another major version: what
  // somebody does who breaks an API and keeps the number.
  Meeting start_disguised(std::string_view program, std::string_view release,
                          std::string_view major) const;

  // The names of its functions, as the dynamic linker sees them.
  std::set<std::string> functions_of(std::string_view release) const;

 private:
  Meeting meet(std::string_view program, std::string_view release,
               const std::filesystem::path& folder) const;
  std::filesystem::path file_of(std::string_view release) const;

  std::filesystem::path folder_;
};

}  // namespace lab27
