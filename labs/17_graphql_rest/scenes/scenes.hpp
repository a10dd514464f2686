// scenes.hpp: what the lab shows, and the client that all scenes use.
#pragma once

#include <set>

#include "lab/core/program.hpp"
#include "lab/net/http.hpp"
#include "world/blog.hpp"

namespace lab17 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> posts =
      program.knob("posts", 10, 4, 10, "posts",
                   "how many posts, each by another author, the screen "
                   "shows");
};

const std::string& postgres();  // started by the first scene that asks

// A client of a blog, which counts what it asks for and what it gets.
class Screen {
 public:
  explicit Screen(const Blog& blog);

  lab::http::Response get(const std::string& target, lab::http::Headers headers = {});
  Json rest(const std::string& target) { return Json::parse(get(target).body); }
  Json query(const std::string& text);

  int trips = 0;
  std::size_t bytes = 0;  // of bodies received
  std::set<std::string> urls{};

 private:
  lab::http::Response send(const lab::http::Request& request);

  lab::http::Client client_;
};

void trips(lab::Story& story, const Knobs& knobs);
void bytes(lab::Story& story, const Knobs& knobs);
void endpoint(lab::Story& story, const Knobs& knobs);
void nested(lab::Story& story, const Knobs& knobs);
void failing(lab::Story& story, const Knobs& knobs);
void loader(lab::Story& story, const Knobs& knobs);
void hostile(lab::Story& story, const Knobs& knobs);

}  // namespace lab17
