#include "world/engines.hpp"

#include <re2/re2.h>

#include <boost/regex.hpp>
#include <compare>
#include <iterator>
#include <regex>
#include <stdexcept>

#include "lab/os/proc.hpp"

namespace lab23 {

namespace {

thread_local std::uint64_t looks = 0;

// A pointer to a letter that counts how often it is followed.
class Looking {
 public:
  using iterator_category = std::random_access_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Looking() = default;
  explicit Looking(const char* at) : at_(at) {}

  reference operator*() const {
    ++looks;
    return *at_;
  }
  reference operator[](difference_type by) const { return *(*this + by); }
  Looking& operator++() { return *this += 1; }
  Looking& operator--() { return *this += -1; }
  Looking operator++(int) { return Looking(at_++); }
  Looking operator--(int) { return Looking(at_--); }
  Looking& operator+=(difference_type by) {
    at_ += by;
    return *this;
  }
  Looking& operator-=(difference_type by) { return *this += -by; }
  friend Looking operator+(Looking it, difference_type by) { return it += by; }
  friend difference_type operator-(Looking a, Looking b) { return a.at_ - b.at_; }
  auto operator<=>(const Looking&) const = default;

 private:
  const char* at_ = nullptr;
};

template <class Ask>
Effort measured(Ask ask) {
  Effort effort;
  looks = 0;
  const auto start = lab::thread_cpu_time();
  try {
    effort.matched = ask();
  } catch (const std::runtime_error&) {  // std::regex_error and Boost's are ones
    effort.gave_up = true;
  }
  effort.cpu = lab::thread_cpu_time() - start;
  effort.looks = looks;
  return effort;
}

}  // namespace

Effort match(Engine engine, const std::string& pattern, const std::string& text) {
  const Looking begin(text.data());
  const Looking end(text.data() + text.size());
  switch (engine) {
    case Engine::std_regex: {
      if (text.size() > kStdRegexLetters) return {.gave_up = true};
      const std::regex compiled(pattern);
      return measured([&] { return std::regex_match(begin, end, compiled); });
    }
    case Engine::boost_regex: {
      const boost::regex compiled(pattern);
      return measured([&] { return boost::regex_match(begin, end, compiled); });
    }
    case Engine::re2: {
      const re2::RE2 compiled(pattern);
      return measured([&] { return re2::RE2::FullMatch(text, compiled); });
    }
  }
  return {};
}

}  // namespace lab23
