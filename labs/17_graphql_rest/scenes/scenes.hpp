// scenes.hpp: what the lab shows, and the client that all scenes use.
#pragma once

#include "lab/core/program.hpp"
#include "lab/net/http.hpp"
#include "world/blog.hpp"

namespace lab17 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> posts =
      program.knob("posts", 10, 4, 10, "posts",
                   "how many posts, each by a different author, are shown");
};

const std::string& postgres();  // started by the first scene that asks

// A client of a blog, which counts what it asks for and what it gets.
struct Client {
  explicit Client(const Blog& blog);
  lab::http::Response send(const lab::http::Request& request);
  Json rest(const std::string& target) {
    return Json::parse(send({.target = target}).body);
  }
  Json query(const std::string& text);

  lab::http::Client connection;
  int requests = 0;
  std::size_t bytes = 0;  // of bodies received
  std::set<std::string> urls{};
};

void trips(lab::Story& story, const Knobs& knobs);
void bytes(lab::Story& story, const Knobs& knobs);
void shapes(lab::Story& story, const Knobs& knobs);
void failing(lab::Story& story, const Knobs& knobs);
void hostile(lab::Story& story, const Knobs& knobs);

}  // namespace lab17
