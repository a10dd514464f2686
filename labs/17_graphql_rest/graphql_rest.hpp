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
//           argument `first` says. A place in the text is an offset in bytes.
// Threads   One: a resolver replies on the thread that called answer(), at once or later.
// Errors    A resolver's failure or exception stands in the response, with its path.
// Lifetime  The schema outlives the response. A Reply is called once; one that is dropped
//           leaves the response for ever unfinished.
// Limits    A text of 64 KiB, nested 100 deep: a parser that recurses needs a bound.
// Source    GraphQL (October 2021); the words of graphql-js 16.
// Left out  Variables, directives, mutations, inline fragments, interfaces, introspection,
//           values but Int, all but the first Problem. Resolvers' types are not checked.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace lab17 {

using Json = nlohmann::ordered_json;  // a response has the order of its query
using Arguments = std::map<std::string, std::int64_t>;

// Step 1: what a query is made of: fields, and spreads of fragments.
struct Selection {
  std::string name, key;  // the key in the response: the alias, or the name
  Arguments arguments{};
  std::vector<Selection> selections{};
  std::size_t at = 0;
  bool is_spread = false;
};

struct Fragment {
  std::string type;
  std::vector<Selection> selections{};
  std::set<std::string> spreads{};  // the fragments that it names, at any depth
  std::size_t at = 0;
};

struct Document {
  std::string text;
  std::vector<Selection> query{};
  std::map<std::string, Fragment> fragments{};
};

struct Problem {
  std::string message;
  std::size_t at = 0;
};

struct Failure {
  std::string message;
};
using Outcome = std::variant<Json, Failure>;
using Reply = std::function<void(Outcome)>;

// What the resolvers of one request share, such as its loaders.
struct Context {
  virtual ~Context() = default;
};

struct Call {
  const Json& parent;  // this and the arguments are valid during the call
  const Arguments& arguments;
  Context& context;
};

// "Post", "Post!", "[Post!]!": where there is a "!", null is an error.
struct TypeName {
  TypeName(const char* text = "");  // NOLINT: implicit, as a schema is written

  std::string text, name;
  bool list = false, non_null = false, items_non_null = false;
};

struct FieldType {
  TypeName type{};
  std::map<std::string, std::optional<std::int64_t>> arguments{};  // and their defaults
  // None: the value stands in the parent, under the field's name.
  std::function<void(const Call&, Reply)> resolve{};
};

// The object types; queries begin at "Query". A type of any other name is a scalar.
using Schema = std::map<std::string, std::map<std::string, FieldType>>;

// Step 4: a small query may have an enormous response. These refuse it before it runs.
struct Limits {
  std::size_t depth = 8, aliases = 15;
  double cost = 2000;

  static Limits none() { return {.depth = 200, .aliases = 1 << 20, .cost = 1e15}; }
};

// A field to resolve: all that the query says under one key of one object.
struct PlannedField {
  const FieldType* type;
  std::string parent, name, key;
  Arguments arguments;
  std::vector<const Selection*> mentions{};
  std::vector<PlannedField> children{};
};

struct Plan {
  Document document;  // to which the mentions point
  std::vector<PlannedField> fields{};
  std::size_t aliases = 0;
  double cost = 0;
};

struct Response {
  bool executed = false;  // else the query was refused
  Json body{};
};

// These two throw a Problem, which answer() makes a response of.
Document parse(const std::string& text);
std::shared_ptr<const Plan> plan(const Schema&, Document, const Limits&);

// Parses, plans and executes a query, and calls on_done once.
void answer(const Schema&, const std::string& query, const Limits&,
            std::shared_ptr<Context>, std::function<void(Response)> on_done);

}  // namespace lab17
