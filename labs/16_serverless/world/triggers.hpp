// triggers.hpp: where events come from: an API in front of a function, and a folder.
//
// Both go before the host and the loop that they are given.
#pragma once

#include <filesystem>

#include "lab/net/uv_http_server.hpp"
#include "lab/os/descriptor.hpp"
#include "serverless.hpp"

namespace lab16 {

// Each HTTP request is one call, whose response is the reply: 502 if it failed, 429 if it was
// throttled.
class Gateway {
 public:
  Gateway(lab::uv::Loop& loop, Host& host);
  std::uint16_t port() const { return port_; }

 private:
  lab::uv::HttpServer server_;
  std::uint16_t port_;
};

// Each file that was written into the folder, or moved there, is one event with its name:
// not when it is made, because it is not whole yet.
class Bucket {
 public:
  Bucket(lab::uv::Loop& loop, const std::filesystem::path& folder, Host& host);

 private:
  void read_names();

  Host& host_;
  lab::Descriptor watch_;
  lab::uv::Poll poll_;  // goes before what it watches
};

}  // namespace lab16
