// pages.hpp: the studio's answers to HTTP, and who gets one.
//
// Security  Only a request to our own name is answered (DNS rebinding), only from our own
//           page (Origin), only with the session's cookie, which /?token=T sets once; and
//           only GET. A page may load nothing from elsewhere.
#pragma once

#include <optional>
#include <string>

#include "lab/net/websocket.hpp"
#include "studio/answers.hpp"

namespace runner {

class StudioPages {
 public:
  using Page = lab::websocket::Page;
  using Request = lab::websocket::Request;

  StudioPages(const Place& place, const Catalog& catalog, const RunStore& store,
              const StudioAnswers& answers, std::filesystem::path web, std::string token)
      : place_(place),
        catalog_(catalog),
        store_(store),
        answers_(answers),
        web_(std::move(web)),
        token_(std::move(token)) {}

  // The names by which a browser may call us.
  void serve_as(const std::vector<std::string>& names, std::uint16_t port);

  // The answer; nothing for a WebSocket that may be opened.
  std::optional<Page> gate(const Request& request);

 private:
  bool from_us(const Request& request) const;
  bool has_cookie(const std::string& cookie) const;
  Page answer(const Request& request) const;
  Page enter() const;
  Page file(const std::string& path, bool gzip) const;
  Page run(std::string_view id) const;
  Page of_lab(const std::string& path) const;
  Page sample(const std::string& number) const;
  Page api(const std::string& path) const;

  const Place& place_;
  const Catalog& catalog_;
  const RunStore& store_;
  const StudioAnswers& answers_;
  std::filesystem::path web_;
  std::string token_;
  std::vector<std::string> hosts_;
  std::string cookie_;
};

// 128 bits, as hex.
std::string fresh_token();

// The token of this data folder, made when it is first asked for, so that open tabs survive a
// restart. A file that somebody else could read or write is replaced.
// Errors    A folder that cannot be written throws lab::Error or std::filesystem's error.
std::string kept_token(const std::filesystem::path& folder);

}  // namespace runner
