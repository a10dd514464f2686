#include "guards/validation.hpp"

#include <fmt/format.h>

#include <cmath>

namespace lab15 {

namespace {

// As "…".length in JavaScript: a character that takes four bytes in UTF-8 counts twice.
std::size_t utf16_length(const std::string& text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    units += (byte & 0xC0) != 0x80;
    units += byte >= 0xF0;
  }
  return units;
}

// JSON has one kind of number: 3 and 3.0 are the same. Beyond 2^53 JavaScript cannot tell
// whole numbers apart, so such a number is none.
bool is_whole(const Json& value) {
  constexpr double kSafe = 9'007'199'254'740'991;
  if (!value.is_number()) return false;
  const double number = value.get<double>();
  return number == std::trunc(number) && std::abs(number) <= kSafe;
}

std::string below(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

}  // namespace

// Step 6: a shape walks itself and looks up each value. So the depth of a hostile body does
// not matter here, only the depth of the shape.
Shape Shape::object(std::map<std::string, Shape> fields) {
  return Shape([fields = std::move(fields)](const Json& value, const std::string& path,
                                            std::vector<Problem>& problems) {
    if (!value.is_object()) return problems.push_back({path, "must be an object"});
    for (const auto& [name, shape] : fields) {
      if (const auto found = value.find(name); found != value.end()) {
        shape.check_(*found, below(path, name), problems);
      } else if (shape.required_) {
        problems.push_back({below(path, name), "is missing"});
      }
    }
    for (const auto& [key, unused] : value.items()) {
      if (!fields.contains(key))
        problems.push_back({below(path, key), "is not expected"});
    }
  });
}

Shape Shape::list(Shape item, std::size_t most) {
  return Shape([item = std::move(item), most](const Json& value, const std::string& path,
                                              std::vector<Problem>& problems) {
    if (!value.is_array()) return problems.push_back({path, "must be a list"});
    if (value.size() > most)
      return problems.push_back({path, fmt::format("must have at most {} items", most)});
    for (std::size_t i = 0; i < value.size(); ++i)
      item.check_(value[i], below(path, std::to_string(i)), problems);
  });
}

Shape Shape::value(Complaint complaint) {
  return Shape([complaint = std::move(complaint)](const Json& value,
                                                  const std::string& path,
                                                  std::vector<Problem>& problems) {
    if (std::string what = complaint(value); !what.empty())
      problems.push_back({path, std::move(what)});
  });
}

Shape Shape::text(std::size_t least, std::size_t most) {
  return value([=](const Json& value) -> std::string {
    if (!value.is_string()) return "must be a text";
    const std::size_t size = utf16_length(value.get_ref<const std::string&>());
    if (size >= least && size <= most) return "";
    return fmt::format("must have {} to {} characters", least, most);
  });
}

Shape Shape::integer(long least, long most) {
  return value([=](const Json& value) -> std::string {
    if (!is_whole(value)) return "must be a whole number";
    if (value >= least && value <= most) return "";
    return fmt::format("must be from {} to {}", least, most);
  });
}

Shape Shape::boolean() {
  return value([](const Json& value) {
    return value.is_boolean() ? "" : "must be true or false";
  });
}

Shape Shape::optional() && {
  required_ = false;
  return std::move(*this);
}

std::vector<Problem> Shape::check(const Json& value) const {
  std::vector<Problem> problems;
  check_(value, "", problems);
  return problems;
}

Guard validate(Shape shape) {
  return [shape = std::move(shape)](Exchange& exchange) -> std::optional<Response> {
    const auto problems = shape.check(exchange.body);
    if (problems.empty()) return {};
    Json told = Json::object();
    for (const auto& [path, what] : problems) told[path] = what;
    return reply(400, {{"error", "invalid body"}, {"problems", told}});
  };
}

}  // namespace lab15
