// jobs.hpp: what the workers of this lab do: blur a grey picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <stop_token>
#include <utility>
#include <vector>

namespace lab07 {

using Picture = std::vector<std::uint8_t>;  // side x side, row by row

inline Picture picture(std::size_t side) {
  Picture pixels(side * side);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<std::uint8_t>((i * 2654435761u) >> 24);
  return pixels;
}

// Each pixel becomes the mean of the 3 x 3 around it; the border stays. Between two rows
// it looks at the token: a job that never looks cannot be cancelled.
inline Picture blur_once(const Picture& from, std::size_t side,
                         const std::stop_token& stop) {
  Picture to = from;
  for (std::size_t y = 1; y + 1 < side && !stop.stop_requested(); ++y) {
    for (std::size_t x = 1; x + 1 < side; ++x) {
      unsigned sum = 0;
      for (std::size_t row = y - 1; row <= y + 1; ++row) {
        for (std::size_t column = x - 1; column <= x + 1; ++column)
          sum += from[row * side + column];
      }
      to[y * side + x] = static_cast<std::uint8_t>(sum / 9);
    }
  }
  return to;
}

// The sum of the blurred picture's pixels: so that two ways of running it can be compared.
inline std::uint64_t blur(std::size_t side, int passes,
                          const std::stop_token& stop = {}) {
  Picture pixels = picture(side);
  for (int pass = 0; pass < passes && !stop.stop_requested(); ++pass)
    pixels = blur_once(pixels, side, stop);
  return std::accumulate(pixels.begin(), pixels.end(), std::uint64_t{0});
}

}  // namespace lab07
