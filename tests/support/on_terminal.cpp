#include "support/on_terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace lab::test {

namespace {

constexpr int kPatience = 30'000;  // ms without a byte

}  // namespace

OnTerminal::OnTerminal() {
  const winsize size{.ws_row = kRows, .ws_col = kColumns, .ws_xpixel = 0, .ws_ypixel = 0};
  if (openpty(&ours_, &theirs_, nullptr, nullptr, &size) != 0)
    throw std::runtime_error("no terminal could be opened");
  for (const int end : {ours_, theirs_}) fcntl(end, F_SETFD, FD_CLOEXEC);
}

OnTerminal::~OnTerminal() {
  close(ours_);
  if (theirs_ >= 0) close(theirs_);
}

std::string OnTerminal::shown() {
  close(theirs_);  // or the last one to have it would be us
  theirs_ = -1;
  std::string text;
  std::array<char, 4096> bytes;
  pollfd source{ours_, POLLIN, 0};
  while (poll(&source, 1, kPatience) == 1) {
    const ssize_t size = read(ours_, bytes.data(), bytes.size());
    if (size <= 0) break;  // an error says that nobody has it any more
    text.append(bytes.data(), static_cast<std::size_t>(size));
  }
  return text;
}

std::vector<std::string> lines_on_screen(const std::string& shown) {
  constexpr std::string_view kEraseAbove = "\033[1A\033[2K";
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at < shown.size(); ++at) {
    if (shown.compare(at, kEraseAbove.size(), kEraseAbove) == 0) {
      if (lines.size() > 1) lines.pop_back();
      lines.back().clear();
      at += kEraseAbove.size() - 1;
    } else if (shown[at] == '\n') {
      lines.emplace_back();
    } else if (shown[at] != '\r') {
      lines.back() += shown[at];
    }
  }
  return lines;
}

}  // namespace lab::test
