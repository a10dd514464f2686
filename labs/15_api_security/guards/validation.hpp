// validation.hpp: what a body must look like before anybody acts on it.
//
//   Shape::object({{"email", Shape::text(3, 254)}, {"age", Shape::integer(18, 150)}})
//   {"email": 7, "admin": true}  -->  email: must be a text
//                                     age: is missing
//                                     admin: is not expected
//
// All problems are told at once, each by its path ("items.0.price"). Nothing is coerced: a
// "30" is no number. Nothing that the shape does not name passes: {"admin": true} beside a
// name must not reach a handler that copies all fields (mass assignment).
//
// Threads   Free to share once built.
// Units     A text has UTF-16 units, as for JavaScript and Joi. Zod 4.6 counts characters.
// Source    Zod 4's strictObject; Joi 18 with convert off. Their defaults differ: Joi coerces
//           "30" to 30 and refuses unknown keys, Zod does not coerce and strips them.
// Left out  Formats (an email is a text that somebody answered), alternatives, defaults.
#pragma once

#include <map>

#include "api_security.hpp"

namespace lab15 {

struct Problem {
  std::string path;
  std::string what;
  bool operator==(const Problem&) const = default;
};

class Shape {
 public:
  static Shape text(std::size_t least, std::size_t most);
  static Shape integer(long least, long most);
  static Shape boolean();
  static Shape list(Shape item, std::size_t most);
  static Shape object(std::map<std::string, Shape> fields);

  Shape optional() &&;

  // The problems of `value`; none: it may pass.
  std::vector<Problem> check(const Json& value) const;

 private:
  using Check = std::function<void(const Json& value, const std::string& path,
                                   std::vector<Problem>& problems)>;
  using Complaint = std::function<std::string(const Json& value)>;  // empty: none

  explicit Shape(Check check) : check_(std::move(check)) {}
  static Shape value(Complaint complaint);

  Check check_;
  bool required_ = true;
};

// 400 with every problem of the exchange's body.
Guard validate(Shape shape);

}  // namespace lab15
