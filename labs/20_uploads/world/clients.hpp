// clients.hpp: whoever sends a form: curl, a client that lies, and one that vanishes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lab/net/http.hpp"

namespace lab20 {

// A part of a form; a file if it has a file name.
std::string part(const std::string& name, const std::string& content,
                 const std::string& file_name = {},
                 const std::string& type = "application/octet-stream");
// A whole request of such parts.
lab::http::Request form(const std::string& target, const std::string& parts);

// The reply; of status 0 if none came. The picture says what was sent: by default the method
// and the path.
lab::http::Response send(std::uint16_t port, lab::http::Request request,
                         std::string what = {});
std::string key_of(const lab::http::Response& reply);

// curl sends a file of zeros, and stops when a reply comes: how much was sent by then.
struct Sent {
  std::string key;
  std::uint64_t bytes = 0;
};
Sent curl(std::uint16_t port, const std::string& target, std::uint64_t file_bytes);

// Sends so many bytes of the request, and closes.
void vanish_after(std::uint16_t port, const lab::http::Request& request,
                  std::size_t bytes);

// Waits for what a server is about to do.
bool soon(const std::function<bool()>& is_so);

}  // namespace lab20
