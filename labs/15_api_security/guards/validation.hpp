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

enum class Unknown { refused, stripped };  // keys that the shape does not name

class Shape {
 public:
  static Shape text(std::size_t least, std::size_t most);
  static Shape integer(long least, long most);
  static Shape boolean();
  static Shape list(Shape item, std::size_t most);
  static Shape object(std::map<std::string, Shape> fields,
                      Unknown unknown = Unknown::refused);

  Shape optional() &&;

  // The problems of `value`; none: it may pass. Unknown keys that are stripped are gone.
  std::vector<Problem> check(Json& value) const;

 private:
  enum class Kind { text, integer, boolean, list, object };

  explicit Shape(Kind kind) : kind_(kind) {}
  void check(Json& value, const std::string& path, std::vector<Problem>& problems) const;
  void check_fields(Json& value, const std::string& path,
                    std::vector<Problem>& problems) const;

  Kind kind_;
  long least_ = 0, most_ = 0;
  bool required_ = true;
  Unknown unknown_ = Unknown::refused;
  std::vector<Shape> item_{};
  std::map<std::string, Shape> fields_{};
};

// 400 with every problem of the exchange's body.
Guard validate(Shape shape);

}  // namespace lab15
