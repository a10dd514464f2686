// debug_port.hpp: GET /heap, the live memory by call site: bytes, blocks, error, name.
//
// For this machine alone: it listens on 127.0.0.1, and refuses a request that names another
// host, so that a page in a browser cannot reach it by a name of its own (DNS rebinding).
// Node's inspector does the same.
#pragma once

#include <fmt/format.h>

#include "lab/net/http.hpp"
#include "memory_leak.hpp"

namespace lab21 {

inline lab::http::Response debug_port(const lab::http::Request& request,
                                      HeapSampler& sampler) {
  std::string host;
  for (const auto& [name, value] : request.headers) {
    if (name.size() == 4 && (name[0] | ' ') == 'h')
      host = value.substr(0, value.find(':'));
  }
  if (host != "127.0.0.1" && host != "localhost") return {.status = 403};
  if (request.target != "/heap") return {.status = 404};
  if (request.method != "GET") return {.status = 405};
  std::string text;
  for (const auto& [name, live] : by_site(sampler.snapshot()))
    text += fmt::format("{:.0f} {:.0f} {:.0f} {}\n", live.bytes, live.count, live.error(),
                        name);
  return {.body = text};
}

}  // namespace lab21
