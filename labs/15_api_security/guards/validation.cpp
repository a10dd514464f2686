#include "guards/validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lab15 {

namespace {

// As "…".length in JavaScript: a character that takes four bytes in UTF-8 counts twice.
long utf16_length(const std::string& text) {
  long units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    units += (byte & 0xC0) != 0x80;
    units += byte >= 0xF0;
  }
  return units;
}

// JSON has one kind of number: 3 and 3.0 are the same. Beyond 2^53 JavaScript cannot tell
// whole numbers apart, so such a number is none.
std::optional<long> whole_number(const Json& value) {
  constexpr double kSafe = 9'007'199'254'740'991;
  if (!value.is_number()) return {};
  const double number = value.get<double>();
  if (number != std::trunc(number) || std::abs(number) > kSafe) return {};
  return static_cast<long>(number);
}

std::string below(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

}  // namespace

Shape Shape::text(std::size_t least, std::size_t most) {
  Shape shape(Kind::text);
  shape.least_ = static_cast<long>(least);
  shape.most_ = static_cast<long>(most);
  return shape;
}

Shape Shape::integer(long least, long most) {
  Shape shape(Kind::integer);
  shape.least_ = least;
  shape.most_ = most;
  return shape;
}

Shape Shape::boolean() {
  return Shape(Kind::boolean);
}

Shape Shape::list(Shape item, std::size_t most) {
  Shape shape(Kind::list);
  shape.most_ = static_cast<long>(most);
  shape.item_.push_back(std::move(item));
  return shape;
}

Shape Shape::object(std::map<std::string, Shape> fields, Unknown unknown) {
  Shape shape(Kind::object);
  shape.fields_ = std::move(fields);
  shape.unknown_ = unknown;
  return shape;
}

Shape Shape::optional() && {
  required_ = false;
  return std::move(*this);
}

std::vector<Problem> Shape::check(Json& value) const {
  std::vector<Problem> problems;
  check(value, "", problems);
  return problems;
}

// Step 6: walk the schema and look up each value. So the depth of a hostile body does not
// matter here, only the depth of the schema.
void Shape::check(Json& value, const std::string& path,
                  std::vector<Problem>& problems) const {
  const auto wrong = [&](std::string what) {
    problems.push_back({path, std::move(what)});
  };
  const auto in_range = [&](long size) { return size >= least_ && size <= most_; };
  switch (kind_) {
    case Kind::text:
      if (!value.is_string()) return wrong("must be a text");
      if (in_range(utf16_length(value.get_ref<const std::string&>()))) return;
      return wrong(fmt::format("must have {} to {} characters", least_, most_));
    case Kind::integer: {
      const auto number = whole_number(value);
      if (!number) return wrong("must be a whole number");
      if (in_range(*number)) return;
      return wrong(fmt::format("must be from {} to {}", least_, most_));
    }
    case Kind::boolean:
      if (!value.is_boolean()) wrong("must be true or false");
      return;
    case Kind::list:
      if (!value.is_array()) return wrong("must be a list");
      if (!in_range(static_cast<long>(value.size())))
        return wrong(fmt::format("must have at most {} items", most_));
      for (std::size_t i = 0; i < value.size(); ++i) {
        item_[0].check(value[i], below(path, std::to_string(i)), problems);
      }
      return;
    case Kind::object:
      if (!value.is_object()) return wrong("must be an object");
      check_fields(value, path, problems);
  }
}

void Shape::check_fields(Json& value, const std::string& path,
                         std::vector<Problem>& problems) const {
  for (const auto& [name, shape] : fields_) {
    if (const auto found = value.find(name); found != value.end()) {
      shape.check(*found, below(path, name), problems);
    } else if (shape.required_) {
      problems.push_back({below(path, name), "is missing"});
    }
  }
  for (auto entry = value.begin(); entry != value.end();) {
    if (fields_.contains(entry.key())) {
      ++entry;
    } else if (unknown_ == Unknown::stripped) {
      entry = value.erase(entry);
    } else {
      problems.push_back({below(path, entry.key()), "is not expected"});
      ++entry;
    }
  }
}

Guard validate(Shape shape) {
  return [shape = std::move(shape)](Exchange& exchange) -> std::optional<Response> {
    const auto problems = shape.check(exchange.body);
    if (problems.empty()) return {};
    Json told = Json::object();
    for (const auto& [path, what] : problems) told[path] = what;
    return Response{.status = 400,
                    .body = Json{{"error", "invalid body"}, {"problems", told}}.dump(
                        -1, ' ', false, Json::error_handler_t::replace),
                    .content_type = "application/json"};
  };
}

}  // namespace lab15
