// catalog.hpp: the thirty labs, as labs/catalog.json lists them.
//
// Errors    A catalogue that cannot be read throws lab::Error; a name that is no lab's
//           throws Usage, with the nearest name.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/place.hpp"

namespace runner {

// What was typed makes no sense: one line, exit code 2.
class Usage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Lab {
  std::string number;  // "05"
  std::string folder;  // "05_backpressure"
  std::string question;
  std::string section;
  std::string common;  // how often it is asked
  std::string hard;
  int claims = 0;
  std::vector<std::string> needs{};

  std::string name() const { return folder.substr(3); }
  std::string typed() const { return number[0] == '0' ? number.substr(1) : number; }

  std::filesystem::path source(const Place& place) const { return place.labs() / folder; }
  std::filesystem::path program(const Place& place) const {
    return place.build / "labs" / folder;
  }
  bool written(const Place& place) const { return exists(source(place) / "main.cpp"); }
};

class Catalog {
 public:
  static Catalog of(const Place& place);

  // `origin` is what an error calls the text.
  static Catalog parse(std::string_view text, std::string_view origin);

  const std::vector<Lab>& labs() const { return labs_; }

  // By number, name or folder: 5, 05, backpressure, 05_backpressure.
  const Lab* find(std::string_view typed) const;

  // As find(), but throws Usage if there is none, or if it is not written yet.
  const Lab& written(std::string_view typed, const Place& place) const;

  std::vector<Lab> all_written(const Place& place) const;

  // Those of a section, by a part of its name, or one lab, or all: what is empty narrows
  // nothing. Throws Usage if there is none.
  std::vector<Lab> meant(std::string_view section, std::string_view lab) const;

 private:
  [[noreturn]] void refuse(std::string_view typed) const;
  std::string section_named(std::string_view typed) const;

  std::vector<Lab> labs_;
};

}  // namespace runner
