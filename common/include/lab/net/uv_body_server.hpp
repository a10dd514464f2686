// uv_body_server.hpp: HTTP/1.1 whose request bodies come in pieces, on a libuv loop.
//
//   head --> handler --> Body: write(), write(), ... end() --> reply, and the end
//                          ^ false: nothing more is read until resume(), so the bytes wait
//                            in the kernel, then in the client
//
// HttpServer is for requests that fit into memory; this is for those that do not.
//
// Threads   One: the loop's.
// Lifetime  A Body goes once its reply is written, or when its client has left or fallen
//           silent, whichever is first: cleaning up is its destructor's affair. An
//           Exchange may outlive all of it; then its calls do nothing.
// Errors    A port that cannot be had throws lab::Error. What a client does wrong ends its
//           connection, with a 4xx where that can help. Handler and Body must not throw.
// Limits    Head 16 KiB; `idle` without a byte while we wait for one. A reply that comes
//           before the end of the body is delivered, because what still arrives is read and
//           thrown away for 2 s: closing at once would make the client's kernel drop it.
// Surprise  A client that leaves while nothing is read is noticed at the next read.
// Left out  Chunked requests (411), keep-alive, pipelining, TLS.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "lab/net/http.hpp"
#include "lab/os/descriptor.hpp"
#include "lab/uv/uv.hpp"

namespace lab::uv {

class BodyServer {
 public:
  struct Body {
    virtual ~Body() = default;
    [[nodiscard]] virtual bool write(std::string_view bytes) = 0;  // false: wait
    virtual void end() = 0;                                        // that was all of it
  };
  struct Exchange {
    std::function<void(http::Response)> reply;  // once; later calls do nothing
    std::function<void()> resume;
  };
  // The request without its body; and who takes that. nullptr: nobody, it is thrown away.
  using Handler =
      std::function<std::unique_ptr<Body>(const http::Request& head, Exchange exchange)>;

  // Listens on a socket that is bound already.
  BodyServer(Loop& loop, Descriptor listener, Handler handler,
             std::chrono::milliseconds idle = std::chrono::seconds(10));
  BodyServer(const BodyServer&) = delete;
  BodyServer& operator=(const BodyServer&) = delete;
  ~BodyServer();  // closes every connection

  std::size_t connections() const;

 private:
  struct Connection;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace lab::uv
