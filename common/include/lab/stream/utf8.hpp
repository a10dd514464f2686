// utf8.hpp: bytes to text, when the bytes come in pieces that know nothing of characters.
//
//   "\xe2\x82" | "\xac 5"  -->  "" | "€ 5"
//
// Errors    What is no UTF-8 becomes U+FFFD, one for each longest beginning of a character
//           (as in the WHATWG Encoding Standard, and in Node).
// Source    string_decoder of Node 20; readable.setEncoding('utf8').
#pragma once

#include <string>
#include <string_view>

namespace lab {

class Utf8Decoder {
 public:
  // The whole characters so far. A beginning of one is kept for the next call.
  std::string decode(std::string_view bytes);

  // No more bytes: a beginning that is still kept was cut off.
  std::string end();

 private:
  void take(unsigned char byte, std::string& text);
  void begin(unsigned char byte, std::string& text);

  std::string kept_;            // the beginning of a character
  int missing_ = 0;             // bytes until it is whole
  unsigned char least_ = 0x80;  // what the next byte may be: not overlong,
  unsigned char most_ = 0xbf;   // no surrogate, not past U+10FFFF
};

}  // namespace lab
