// multipart.hpp: takes a multipart/form-data body apart while it arrives.
//
//   preamble -- "\r\n--boundary" --> head -- empty line --> data -- "\r\n--boundary" --> head
//                                                                -- and "--" --> whole
//
// Units     Bytes. Memory: one piece, and a part's head of at most 16 KiB.
// Threads   One.
// Errors    A malformed body is Progress::bad, for good.
// Cost      One memmem() over the bytes; the data of a part is not copied (bench/).
// Source    RFC 7578 and 2046; npm's busboy decides alike (tests/conformance).
// Left out  filename*, which RFC 7578 forbids; charsets; nested multiparts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lab20 {

// The boundary of a header Content-Type; nullopt if that is no multipart/form-data.
std::optional<std::string> boundary_of(std::string_view content_type);

// What the client says of a part. All of it is a claim.
struct Part {
  std::string name{};
  std::optional<std::string> file_name{};  // absent: a plain field
  std::string type = "text/plain";
};

// Step 1: what the parser reports of each part, in this order; its data in any number of pieces.
struct PartEvents {
  std::function<void(const Part&)> on_part;
  std::function<void(std::string_view)> on_data;  // valid during the call
  std::function<void()> on_part_end;
};

enum class Progress { more, whole, bad };

class MultipartParser {
 public:
  MultipartParser(const std::string& boundary, PartEvents events)
      : delimiter_("\r\n--" + boundary), events_(std::move(events)) {}

  // What follows the last boundary is ignored. A body that ends earlier was cut off.
  Progress write(std::string_view bytes);

 private:
  enum class State { preamble, delimited, head, data, whole, bad };
  bool step(std::string_view& rest);
  bool step_data(std::string_view& rest);
  bool step_head(std::string_view& rest);

  const std::string delimiter_;
  PartEvents events_;
  State state_ = State::preamble;
  std::string kept_ = "\r\n";  // the first boundary may be the first line
};

}  // namespace lab20
