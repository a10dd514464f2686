// http_cache.hpp: an HTTP cache: may a stored response be used, and what is asked if not?
//
//   request -- fresh: younger than its lifetime ----> the stored response; nothing is sent
//           -- stale, but stale-while-revalidate ---> the stored response; asked again later
//           -- stale, or told to ask ---------------> a request with If-None-Match
//                                                       304: the stored body, fresh again
//                                                       200: the new response
//                                                       304 for the client's own tag:
//                                                       passed on, and ours is forgotten
//
//   lifetime   s-maxage (shared caches), else max-age, else Expires - Date,
//              else a tenth of Date - Last-Modified
//   age        the header Age, and the time since the response came
//
// Units     Seconds, as HTTP counts; fractions of them from our own clock.
// Threads   A StoredResponse never changes. An HttpCache belongs to one thread.
// Errors    A header that is malformed is never an error: a lifetime that cannot be read is
//           none, a date that cannot be read is in the past.
// Source    RFC 9111, RFC 5861; npm's http-cache-semantics decides alike, where its notes
//           do not name a difference (tests/conformance/18_caching_test.cpp).
// Left out  Ranges, HEAD and other methods, only-if-cached, stale-if-error, several variants
//           of one address (the newest is kept), a correction for a server's wrong clock.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "caching.hpp"
#include "lab/net/header_value.hpp"
#include "lab/net/http.hpp"

namespace lab18 {

using lab::http::list_header;
using Seconds = std::chrono::duration<double>;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// The first header of that name, in whichever case it is written.
std::optional<std::string> header(const lab::http::Headers& headers,
                                  std::string_view name);

// "public, max-age=60": names in small letters, "" where there is no value. A directive
// that comes twice counts once, the first time. `directives` of no header: none.
using Directives = std::map<std::string, std::string>;
Directives directives(const std::optional<std::string>& cache_control);

// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that a server may send.
std::optional<WallTime> parse_http_date(const std::string& text);

// Whether a server may say 304: the client has what we would send. As Express decides.
bool is_not_modified(const lab::http::Request& request,
                     const lab::http::Response& response);

enum class Use { fresh, stale_while_revalidate, ask };

// A response and the request that it answered: what may be done with it.
class StoredResponse {
 public:
  enum class For { one_user, everybody };  // a private cache, or a proxy's or CDN's

  StoredResponse(lab::http::Request request, lab::http::Response response,
                 WallTime received, For whom = For::one_user);

  bool storable() const;
  Seconds lifetime() const;
  Seconds age(WallTime now) const;
  Use use_for(const lab::http::Request& request, WallTime now) const;

  // The request to send when it must be asked for: with the validators that we have.
  lab::http::Request conditional(lab::http::Request request) const;

  // Whether the server's reply to that, asked for by `request`, is a 304 about this one.
  bool is_renewed_by(const lab::http::Request& request,
                     const lab::http::Response& reply) const;

  // What is stored after that reply: this one, renewed, or the reply.
  StoredResponse after(const lab::http::Request& request, lab::http::Response reply,
                       WallTime now) const;

  const lab::http::Response& response() const { return response_; }

 private:
  bool matches(const lab::http::Request& request) const;
  Seconds number(const char* directive) const;
  bool says(const char* directive) const { return control_.contains(directive); }

  lab::http::Request request_;
  lab::http::Response response_;
  WallTime received_;
  For whom_;
  Directives control_;
};

// Step 8: the cache of one client, in front of whoever sends its requests.
class HttpCache {
 public:
  using Send = std::function<lab::http::Response(const lab::http::Request&)>;
  using Clock = std::function<WallTime()>;
  enum class Source { cache, stale, revalidated, server };

  HttpCache(std::size_t entries, Send send, Clock clock);

  struct Answer {
    lab::http::Response response;
    Source source;
  };
  Answer get(const lab::http::Request& request);

  // Asks again for all that was served stale: a loop does this in the background.
  void revalidate();

 private:
  Answer ask(const lab::http::Request& request, const std::optional<StoredResponse>& old);

  Cache<std::string, StoredResponse> entries_;
  Send send_;
  Clock clock_;
  std::vector<lab::http::Request> later_;
};

}  // namespace lab18
