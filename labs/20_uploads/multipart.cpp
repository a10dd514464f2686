#include "multipart.hpp"

#include <algorithm>
#include <cstring>

#include "lab/net/header_value.hpp"

namespace lab20 {

using lab::http::find_header;

std::optional<std::string> boundary_of(std::string_view content_type) {
  const auto type = lab::http::parse_header_value(content_type);
  if (!type || type->value != "multipart/form-data") return std::nullopt;
  const std::string boundary = type->parameter("boundary");
  if (boundary.empty() || boundary.size() > 70) return std::nullopt;
  return boundary;
}

Progress MultipartParser::write(std::string_view bytes) {
  // Few bytes are kept between two pieces. Only they are copied, with the piece that follows.
  const bool joined = !kept_.empty();
  if (joined) bytes = kept_.append(bytes);
  while (step(bytes)) {
  }
  if (joined) {
    kept_.erase(0, kept_.size() - bytes.size());
  } else {
    kept_ = bytes;
  }
  if (state_ == State::whole) return Progress::whole;
  return state_ == State::bad ? Progress::bad : Progress::more;
}

// Step 2: each state takes what it understands from the front; false: it needs more bytes.
bool MultipartParser::step(std::string_view& rest) {
  switch (state_) {
    case State::preamble:
    case State::data:
      return step_data(rest);
    case State::delimited:
      if (rest.size() < 2) return false;
      state_ = rest.starts_with("\r\n") ? State::head
               : rest.starts_with("--") ? State::whole
                                        : State::bad;
      rest.remove_prefix(2);
      return true;
    case State::head:
      return step_head(rest);
    default:
      rest = {};
      return false;
  }
}

// Step 3: everything up to the delimiter is data. If there is none, its beginning may have
// come, with the rest in the next piece: from there on the bytes are kept.
bool MultipartParser::step_data(std::string_view& rest) {
  const void* found =
      memmem(rest.data(), rest.size(), delimiter_.data(), delimiter_.size());
  std::size_t size = rest.size();
  if (found) {
    size = static_cast<std::size_t>(static_cast<const char*>(found) - rest.data());
  } else {
    const auto tail = rest.size() - std::min(rest.size(), delimiter_.size() - 1);
    size = rest.find('\r', tail);
    while (size != rest.npos && !delimiter_.starts_with(rest.substr(size)))
      size = rest.find('\r', size + 1);
    size = std::min(size, rest.size());
  }
  if (state_ == State::data && size > 0) events_.on_data(rest.substr(0, size));
  rest.remove_prefix(size + (found ? delimiter_.size() : 0));
  if (!found) return false;
  if (state_ == State::data) events_.on_part_end();
  state_ = State::delimited;
  return true;
}

// Step 4: a head is kept until its empty line has come. A part without a disposition that we
// know is skipped, like the preamble.
bool MultipartParser::step_head(std::string_view& rest) {
  constexpr std::size_t kLimit = 16 << 10;
  const auto end = rest.find("\r\n\r\n");
  if (end == rest.npos && rest.size() <= kLimit) return false;
  state_ = State::bad;
  if (end > kLimit) return true;
  const auto headers = lab::http::parse_headers(rest.substr(0, end + 2));
  rest.remove_prefix(end + 4);
  if (!headers) return true;
  state_ = State::preamble;
  const auto said =
      lab::http::parse_header_value(find_header(*headers, "Content-Disposition"));
  if (!said || said->value != "form-data") return true;
  state_ = State::data;
  Part part{.name = said->parameter("name")};
  const auto type = lab::http::parse_header_value(find_header(*headers, "Content-Type"));
  if (type && !type->value.empty()) part.type = type->value;
  // As busboy has it: an empty name makes no file, and this type alone does.
  const std::string file_name = said->parameter("filename");
  if (!file_name.empty() || part.type == "application/octet-stream")
    part.file_name = file_name;
  events_.on_part(part);
  return true;
}

}  // namespace lab20
