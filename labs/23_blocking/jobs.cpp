#include "jobs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <re2/re2.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/src.hpp>
#include <regex>

#include "lab/error.hpp"
#include "lab/proc.hpp"

namespace lab23 {

namespace {

// The shortest CPU time of a few calls.
template <class Job>
double best_of(Job job) {
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 5; ++i) {
    const auto start = lab::thread_cpu_time();
    const volatile auto result = job();  // so that it is not left out
    static_cast<void>(result);
    best = std::min(best, lab::thread_cpu_time() - start);
  }
  return static_cast<double>(std::max<std::int64_t>(best.count(), 1));
}

std::string almost(std::size_t letters) {
  return std::string(letters, 'a') + '!';
}

}  // namespace

bool Sum::advance() {
  const std::uint64_t now = std::min<std::uint64_t>(left_, 4096);
  for (std::uint64_t i = 0; i < now; ++i)
    value_ = (value_ ^ (left_ - i)) * 1099511628211u;
  left_ -= now;
  return left_ > 0;
}

std::uint64_t sum(std::uint64_t steps) {
  Sum job(steps);
  while (job.advance()) {
  }
  return job.result();
}

std::uint64_t read_file(const std::filesystem::path& path) {
  const int fd = static_cast<int>(lab::check_errno(
      open(path.c_str(), O_RDONLY | O_CLOEXEC), "open " + path.string()));
  std::array<char, 64 << 10> piece;
  std::uint64_t bytes = 0;
  ssize_t got = 0;
  while ((got = read(fd, piece.data(), piece.size())) > 0)
    bytes += static_cast<std::uint64_t>(got);
  close(fd);
  lab::check_errno(got, "read " + path.string());
  return bytes;
}

bool matches_backtracking(std::size_t letters) {
  static const std::regex pattern("(a+)+");
  return std::regex_match(almost(letters), pattern);
}

bool matches_linear(std::size_t letters) {
  static const re2::RE2 pattern("(a+)+");
  return re2::RE2::FullMatch(almost(letters), pattern);
}

std::string long_json(std::size_t elements) {
  std::string text = "[";
  for (std::size_t i = 0; i < elements; ++i)
    text += fmt::format("{}{{\"i\":{}}}", i ? "," : "", i);
  return text + "]";
}

std::uint64_t parse_json(std::string_view text) {
  JsonPieces reader(text);
  while (reader.advance()) {
  }
  return reader.result();
}

// The document's memory is taken back at once: value by value, that alone would be a stall.
struct JsonPieces::Impl {
  std::string_view left;
  boost::json::monotonic_resource memory{};
  boost::json::stream_parser parser{&memory};
  std::uint64_t elements = 0;
};

JsonPieces::JsonPieces(std::string_view text) : impl_(std::make_unique<Impl>()) {
  impl_->left = text;
}
JsonPieces::~JsonPieces() = default;

bool JsonPieces::advance() {
  const std::string_view piece = impl_->left.substr(0, 4096);
  impl_->parser.write(piece.data(), piece.size());
  impl_->left.remove_prefix(piece.size());
  if (!impl_->left.empty()) return true;
  impl_->parser.finish();
  impl_->elements = impl_->parser.release().as_array().size();
  return false;
}

std::uint64_t JsonPieces::result() const {
  return impl_->elements;
}

std::uint64_t steps_for(std::chrono::nanoseconds time) {
  constexpr std::uint64_t kProbe = 1 << 20;
  static const double once = best_of([] { return sum(kProbe); });
  return static_cast<std::uint64_t>(static_cast<double>(time.count()) / once * kProbe) +
         1;
}

std::size_t letters_for(std::chrono::nanoseconds time) {
  constexpr std::size_t kProbe = 12;
  static const double once = best_of([] { return matches_backtracking(kProbe); });
  std::size_t letters = kProbe;
  double takes = once;
  for (; takes < static_cast<double>(time.count()); takes *= 2) ++letters;
  return letters;
}

std::size_t elements_for(std::chrono::nanoseconds time) {
  constexpr std::size_t kProbe = 10'000;
  static const double once =
      best_of([text = long_json(kProbe)] { return parse_json(text); });
  return static_cast<std::size_t>(static_cast<double>(time.count()) / once * kProbe) + 1;
}

}  // namespace lab23
