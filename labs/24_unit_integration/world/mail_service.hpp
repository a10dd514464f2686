// mail_service.hpp: somebody else's service, and its next release.
//
// Threads   Its own answers requests; release() is safe from any.
#pragma once

#include <atomic>

#include "lab/net/http.hpp"

namespace lab24 {

class MailService {
 public:
  std::uint16_t port() const { return server_.port(); }

  // The second release has another name for the field "to". Nobody asked us.
  void release(int number) { field_ = number == 1 ? "\"to\"" : "\"recipient\""; }

 private:
  std::atomic<const char*> field_ = "\"to\"";
  lab::http::Server server_{
      [this](const lab::http::Request& request, const lab::http::Server::Reply& reply) {
        const bool understood = request.body.find(field_) != std::string::npos;
        reply({.status = understood ? 202 : 400});
      }};
};

}  // namespace lab24
