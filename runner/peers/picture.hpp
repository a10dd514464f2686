// picture.hpp: contests as a picture, and as a page of pictures.
#pragma once

#include <string>
#include <vector>

#include "peers/report.hpp"

namespace runner {

// Bars on a logarithmic axis, one group a case; it needs no script and no font file.
std::string contests_svg(const std::string& title, const Machine& machine,
                         const std::vector<Contest>& contests);

struct Chapter {
  std::string lab;    // "14"
  std::string title;  // its question
  std::string text;   // its tables; or why there are none
  bool measured = true;
};

// index.html: every lab with its table, its picture and its JSON, which lie beside it.
std::string index_page(const Machine& machine, const std::vector<Chapter>& chapters);

}  // namespace runner
