// fake_place.hpp: a project folder with a small catalogue, and labs that are shell
// scripts.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "core/catalog.hpp"
#include "support/own_run.hpp"

namespace runner {

class FakePlace {
 public:
  FakePlace() {
    std::filesystem::create_directories(place().build / "labs");
    write("labs/catalog.json", kCatalog);
  }
  FakePlace(const FakePlace&) = delete;
  FakePlace& operator=(const FakePlace&) = delete;

  Place place() const { return {root_, root_ / "build"}; }
  Catalog catalog() const { return Catalog::of(place()); }

  void write(const std::filesystem::path& name, const std::string& text) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }

  // A lab whose program is this script.
  Lab lab(const std::string& name, const std::string& script) const {
    const Lab lab = *catalog().find(name);
    write(lab.source(place()) / "main.cpp", "// Step 1: it starts\nint main() {}\n");
    write(lab.program(place()), "#!/bin/sh\n" + script);
    std::filesystem::permissions(lab.program(place()), std::filesystem::perms::owner_all);
    return lab;
  }

  static constexpr const char* kCatalog = R"([
{"number": "01", "folder": "01_first", "question": "What is first?", "section": "One", "common": "common", "hard": "hard", "claims": 2, "needs": ["uv"]},
{"number": "05", "folder": "05_second_thing", "question": "What then?", "section": "One", "common": "common", "hard": "hard", "claims": 1, "needs": []},
{"number": "10", "folder": "10_third", "question": "And last?", "section": "Two", "common": "common", "hard": "hard", "claims": 0, "needs": []}
])";

 private:
  lab::test::TempFolder folder_;
  const std::filesystem::path root_ = folder_.path();
};

// One line of a run with --json.
inline std::string claim_line(const std::string& id, bool holds,
                              const std::string& evidence = "3 of 3") {
  return R"({"name":"it is so","ph":"i","ts":1,"pid":1,"tid":1,"cat":"claim","s":"g","args":{"id":")" +
         id + R"(","claim":"it is so","holds":)" + (holds ? "true" : "false") +
         R"(,"evidence":")" + evidence + R"("}})";
}

inline std::string end_line(int claims, int exit = 0) {
  return R"({"name":"end","ph":"i","ts":1,"pid":1,"tid":1,"cat":"run","args":{"exit":)" +
         std::to_string(exit) + R"(,"claims":)" + std::to_string(claims) +
         R"(,"failed":0,"events":1,"dropped":0}})";
}

}  // namespace runner
