#include "lab/stream/utf8.hpp"

#include <utility>

namespace lab {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

}  // namespace

std::string Utf8Decoder::decode(std::string_view bytes) {
  std::string text;
  text.reserve(kept_.size() + bytes.size());
  for (const char byte : bytes) take(static_cast<unsigned char>(byte), text);
  return text;
}

std::string Utf8Decoder::end() {
  const bool cut_off = std::exchange(missing_, 0) > 0;
  kept_.clear();
  least_ = 0x80;
  most_ = 0xbf;
  return std::string(cut_off ? kReplacement : "");
}

void Utf8Decoder::take(unsigned char byte, std::string& text) {
  if (missing_ == 0) return begin(byte, text);
  if (byte < least_ || byte > most_) {  // not its next byte: it may begin another
    text += end();
    return begin(byte, text);
  }
  kept_ += static_cast<char>(byte);
  least_ = 0x80;
  most_ = 0xbf;
  if (--missing_ == 0) text += std::exchange(kept_, {});
}

void Utf8Decoder::begin(unsigned char byte, std::string& text) {
  if (byte < 0x80) {
    text += static_cast<char>(byte);
    return;
  }
  if (byte < 0xc2 || byte > 0xf4) {
    text += kReplacement;
    return;
  }
  kept_ = static_cast<char>(byte);
  missing_ = byte < 0xe0 ? 1 : (byte < 0xf0 ? 2 : 3);
  if (byte == 0xe0) least_ = 0xa0;
  if (byte == 0xed) most_ = 0x9f;
  if (byte == 0xf0) least_ = 0x90;
  if (byte == 0xf4) most_ = 0x8f;
}

}  // namespace lab
