// graphql_rest.hpp: a GraphQL query, from its text to its response.
//
//   text --parse--> document --plan--> fields to resolve --execute--> data and errors
//                |               |
//                +---- Problem --+--> refused, and no resolver has been asked
//
//   Document  = Query, and fragments before or after it
//   Query     = [ "query" [ Name ] ] Set          Fragment = "fragment" Name "on" Name Set
//   Set       = "{" Selection { Selection } "}"   Argument = Name ":" Int
//   Selection = "..." Name | [ Name ":" ] Name [ "(" Argument { Argument } ")" ] [ Set ]
//
// A plan is the query with its fragments merged, checked against the schema and the limits.
// A null where none may be makes its parent null, up to the nearest that may be null.
//
// Units     Cost: how many values the response may have. A list counts as often as its
//           argument `first` says, a field each time that the query says it. A place in the
//           text is an offset in bytes.
// Threads   One: a resolver replies on the thread that called answer(), at once or later.
// Errors    A resolver's failure or exception stands in the response, with its path.
// Lifetime  The schema outlives the response. A Reply is called once; one that is dropped
//           leaves the response for ever unfinished.
// Limits    A text of 64 KiB, nested 100 deep: a parser that recurses needs a bound.
// Source    GraphQL (October 2021); the words of graphql-js 16.
// Left out  Variables, directives, mutations, inline fragments, interfaces, introspection,
//           required arguments, values but Int. Only the first Problem is told, an unused
//           fragment is none, and what resolvers return is not checked to have its type.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace lab17 {

using Json = nlohmann::ordered_json;  // a response has the order of its query
using Arguments = std::map<std::string, std::int64_t>;

// Step 1: what a query is made of: fields, and spreads of fragments.
struct Selection {
  std::size_t at = 0;
  bool is_spread = false;
  std::string name{}, key{};  // the key in the response: the alias, or the name
  Arguments arguments{};
  std::vector<Selection> selections{};
};

struct Fragment {
  std::size_t at = 0;
  std::string type{};
  std::vector<Selection> selections{};
  std::set<std::string> spreads{};  // the fragments that it names, at any depth
};

struct Document {
  std::string text;
  std::vector<Selection> query{};
  std::map<std::string, Fragment> fragments{};
};

struct Problem {
  std::string message;
  std::size_t at;
};
template <class... Args>
[[noreturn]] void refuse(std::size_t at, fmt::format_string<Args...> text,
                         Args&&... args) {
  throw Problem{fmt::format(text, std::forward<Args>(args)...), at};
}

Document parse(const std::string& text);  // throws a Problem

// What the resolvers of one request share, such as its loaders.
struct Context {
  virtual ~Context() = default;
};
struct Failure {
  std::string message;
};
using Outcome = std::variant<Json, Failure>;
using Reply = std::function<void(Outcome)>;
struct Call {
  const Json& parent;  // this and the arguments are valid during the call
  const Arguments& arguments;
  Context& context;
};

struct FieldType {
  std::string type;       // "Post", "Post!", "[Post!]!": with a "!", null is an error
  Arguments arguments{};  // and their defaults
  // None: the value stands in the parent, under the field's name.
  std::function<void(const Call&, Reply)> resolve{};

  bool is_list() const { return type[0] == '['; }
  bool non_null() const { return type.back() == '!'; }
  bool items_non_null() const { return type.find("!]") != type.npos; }
  std::string name() const {
    return type.substr(is_list(), type.find_first_of("!]") - is_list());
  }
};

// The object types; queries begin at "Query". A type of any other name is a scalar.
using Schema = std::map<std::string, std::map<std::string, FieldType>>;

// Step 4: a small query may have an enormous response. These refuse it before it runs.
struct Limits {
  std::size_t depth = 8, aliases = 15;
  double cost = 2000;

  static Limits none() { return {.depth = 200, .aliases = 1 << 20, .cost = 1e15}; }
};

struct Response {
  bool executed = false;  // else the query was refused
  Json body{};
};

// Parses, plans and executes a query, and calls on_done once.
void answer(const Schema& schema, const std::string& query, const Limits& limits,
            std::shared_ptr<Context> context, std::function<void(Response)> on_done);

}  // namespace lab17
