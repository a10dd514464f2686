// browser.hpp: a client that sends a form, or leaves before it is through.
#pragma once

#include <cstdint>
#include <string>

namespace lab20 {

// A part of a form; a file if it has a file name.
std::string part(const std::string& name, const std::string& content,
                 const std::string& file_name = {},
                 const std::string& type = "application/octet-stream");

struct Reply {
  int status = 0;  // 0: none came
  std::string body{};
  std::uint64_t sent = 0;  // bytes, when it came

  std::string key() const { return body.substr(0, body.find(' ')); }
};

// Sends these parts, and `more` bytes at the end of the last. Stops as soon as a reply is
// there. `cut`: vanishes after that many bytes of the request.
Reply post(std::uint16_t port, const std::string& target, const std::string& parts,
           std::uint64_t more = 0, std::uint64_t cut = UINT64_MAX);
Reply get(std::uint16_t port, const std::string& target);

}  // namespace lab20
