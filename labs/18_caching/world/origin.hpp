// origin.hpp: an HTTP server with one page, which counts what it did for it.
#pragma once

#include <atomic>
#include <string>

#include "lab/net/http.hpp"

namespace lab18 {

// As an Express handler: it makes its page for every request. Only then does the framework
// see that the client has it, and sends 304 instead.
class Origin {
 public:
  explicit Origin(std::string cache_control = {}, std::size_t bytes = 12'000);

  std::uint16_t port() const { return server_.port(); }
  int runs() const { return runs_; }  // of the handler
  void change() { ++edition_; }       // the page

 private:
  std::string cache_control_;
  std::size_t bytes_;
  std::atomic<int> runs_ = 0, edition_ = 1;
  lab::http::Server server_;
};

}  // namespace lab18
