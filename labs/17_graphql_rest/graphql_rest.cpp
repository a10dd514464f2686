#include "graphql_rest.hpp"

#include <algorithm>

namespace lab17 {

namespace {

using Set = std::vector<Selection>;

// A field to resolve: all that the query says under one key of one object.
struct PlannedField {
  const Selection& first;
  const FieldType& type;
  std::string parent;
  Arguments arguments;
  Json locations = Json::array();  // of all mentions
  std::vector<const Set*> sets{};
  std::vector<PlannedField> children{};
};
using Fields = std::vector<PlannedField>;

// The line and the column of a place, from 1.
Json location(const std::string& text, std::size_t at) {
  std::size_t line = 1, begin = 0;
  for (std::size_t i = 0; i < at; ++i) {
    if (text[i] != '\n' && (text[i] != '\r' || text[i + 1] == '\n')) continue;
    ++line;
    begin = i + 1;
  }
  return {{"line", line}, {"column", at - begin + 1}};
}

struct Planner {
  const Schema& schema;
  const Limits& limits;
  const Document& document;
  const std::map<std::string, Fragment>& fragments = document.fragments;
  std::set<std::string> followed{}, entered{};
  std::size_t aliases = 0;
  double mentions = 0;

  Fields run() {
    if (document.query.empty()) refuse(0, "Must provide an operation.");
    for (const auto& [name, fragment] : fragments) follow(name, fragment);
    Fields fields;
    check_cost(plan("Query", {&document.query}, 1, fields));
    return fields;
  }

  // Step 5: a fragment that contains itself would never end.
  void follow(const std::string& name, const Fragment& fragment) {
    if (!followed.insert(name).second) return;
    entered.insert(name);
    for (const std::string& next : fragment.spreads) {
      if (entered.contains(next))
        refuse(fragment.at, "Cannot spread fragment \"{}\" within itself.", next);
      if (fragments.contains(next)) follow(next, fragments.at(next));
    }
    entered.erase(name);
  }

  // Plans what the sets say together, and returns its cost.
  double plan(const std::string& type, const std::vector<const Set*>& sets,
              std::size_t depth, Fields& fields) {
    if (depth > limits.depth)
      refuse(sets[0]->at(0).at, "The query is more than {} fields deep.", limits.depth);
    std::set<std::string> spread;
    for (const Set* set : sets) collect(type, *set, fields, spread);
    double cost = 0;
    for (PlannedField& field : fields) {
      double below = 0;
      if (!field.sets[0]->empty())
        below = plan(field.type.name(), field.sets, depth + 1, field.children);
      if (field.type.is_list() && field.arguments.contains("first"))
        below *= std::max(0.0, static_cast<double>(field.arguments["first"]));
      cost += 1 + below;
    }
    return std::min(cost, 1e15);
  }

  // Step 6: fields of the same key are one field, wherever fragments repeat them.
  void collect(const std::string& type, const Set& set, Fields& fields,
               std::set<std::string>& spread) {
    for (const Selection& one : set) {
      if (!one.is_spread) add(type, one, fields);
      if (!one.is_spread || !spread.insert(one.name).second) continue;
      if (!fragments.contains(one.name))
        refuse(one.at, "Unknown fragment \"{}\".", one.name);
      const Fragment& fragment = fragments.at(one.name);
      if (!schema.contains(fragment.type))
        refuse(fragment.at, "Unknown type \"{}\".", fragment.type);
      if (fragment.type != type)
        refuse(one.at, "Fragment \"{}\" cannot be spread here.", one.name);
      collect(type, fragment.selections, fields, spread);
    }
  }

  void add(const std::string& parent, const Selection& one, Fields& fields) {
    const FieldType& type = type_of(parent, one);
    check_cost(++mentions);  // at least: fragments multiply what a short text says
    auto field = std::ranges::find(fields, one.key,
                                   [](const auto& known) { return known.first.key; });
    if (field == fields.end()) {
      aliases += one.key != one.name;
      if (aliases > limits.aliases)
        refuse(one.at, "The query has more than {} aliases.", limits.aliases);
      fields.push_back({one, type, parent, one.arguments});
      field = std::prev(fields.end());
      field->arguments.insert(type.arguments.begin(), type.arguments.end());
    }
    if (field->first.name != one.name || field->first.arguments != one.arguments)
      refuse(one.at, "Fields \"{}\" conflict.", one.key);
    field->locations.push_back(location(document.text, one.at));
    field->sets.push_back(&one.selections);
  }

  const FieldType& type_of(const std::string& parent, const Selection& one) const {
    static const FieldType kTypename{"String!"};
    const auto found = schema.at(parent).find(one.name);
    const bool known = found != schema.at(parent).end();
    if (!known && one.name != "__typename")
      refuse(one.at, "Cannot query field \"{}\" on type \"{}\".", one.name, parent);
    const FieldType& field = known ? found->second : kTypename;
    const bool is_object = schema.contains(field.name());
    if (is_object && one.selections.empty())
      refuse(one.at, "Field \"{}\" of type \"{}\" must have a selection.", one.name,
             field.type);
    if (!is_object && !one.selections.empty())
      refuse(one.at, "Field \"{}\" must not have a selection.", one.name);
    for (const auto& [name, value] : one.arguments) {
      if (!field.arguments.contains(name))
        refuse(one.at, "Unknown argument \"{}\" on field \"{}.{}\".", name, parent,
               one.name);
    }
    return field;
  }

  void check_cost(double cost) const {
    if (cost > limits.cost)
      refuse(0, "The query costs {} or more, and the limit is {}.", cost, limits.cost);
  }
};

// A place in the response. Its slot stays where it is: an object has all its keys, and a
// list all its items, before the first of them is resolved.
struct Position {
  std::shared_ptr<Position> parent;
  Json* slot;
  Json key;
  bool non_null;
  bool dead = false;  // it became null, and nothing below it exists any more

  bool is_gone() const { return dead || (parent && parent->is_gone()); }
};
using Place = std::shared_ptr<Position>;

Place below(const Place& parent, Json& slot, Json key, bool non_null) {
  return std::make_shared<Position>(Position{parent, &slot, std::move(key), non_null});
}

struct Execution : std::enable_shared_from_this<Execution> {
  Document document;  // to which the fields point
  Fields fields{};
  std::shared_ptr<Context> context;
  std::function<void(Response)> on_done;
  Json data = nullptr, errors = Json::array();
  std::size_t unfinished = 1;  // the one that begins

  void run() {
    resolve_all(fields, Json(), below(nullptr, data, nullptr, false));
    finish_one();
  }

  void resolve_all(const Fields& all, const Json& parent, const Place& at) {
    *at->slot = Json::object();
    auto& object = at->slot->get_ref<Json::object_t&>();
    for (const PlannedField& field : all) object.emplace_back(field.first.key, nullptr);
    auto slot = object.begin();
    for (const PlannedField& field : all) {
      resolve(field, parent,
              below(at, slot++->second, field.first.key, field.type.non_null()));
      if (at->is_gone()) return;  // and the object with it
    }
  }

  void resolve(const PlannedField& field, const Json& parent, const Place& at) {
    const std::string& name = field.first.name;
    if (name == "__typename") return complete(field, field.parent, at);
    if (!field.type.resolve) return complete(field, parent.value(name, Json()), at);
    ++unfinished;
    const Reply reply = [self = shared_from_this(), &field, at](const Outcome& outcome) {
      self->complete(field, outcome, at);
      self->finish_one();
    };
    try {
      field.type.resolve({parent, field.arguments, *context}, reply);
    } catch (const std::exception& error) {
      reply(Failure{error.what()});
    }
  }

  void complete(const PlannedField& field, const Outcome& outcome, const Place& at,
                bool is_item = false) {
    if (at->is_gone()) return;
    if (const auto* failure = std::get_if<Failure>(&outcome))
      return fail(field, failure->message, at);
    const Json& value = std::get<Json>(outcome);
    if (value.is_null() && at->non_null) {
      fail(field,
           fmt::format("Cannot return null for non-nullable field {}.{}.", field.parent,
                       field.first.name),
           at);
    } else if (value.is_null()) {
      *at->slot = nullptr;
    } else if (field.type.is_list() && !is_item) {
      *at->slot = Json::array_t(value.size());
      for (std::size_t i = 0; i < value.size() && !at->is_gone(); ++i) {
        const Place item = below(at, (*at->slot)[i], i, field.type.items_non_null());
        complete(field, value[i], item, true);
      }
    } else if (!field.children.empty()) {
      resolve_all(field.children, value, at);
    } else {
      *at->slot = value;
    }
  }

  // Step 7: the null moves up to the nearest place that may be null.
  void fail(const PlannedField& field, const std::string& message, const Place& at) {
    Json error{
        {"message", message}, {"locations", field.locations}, {"path", Json::array()}};
    for (const Position* one = at.get(); one->parent; one = one->parent.get())
      error["path"].insert(error["path"].begin(), one->key);
    errors.push_back(error);
    Position* null = at.get();
    while (null->non_null) null = null->parent.get();  // data may be null
    *null->slot = nullptr;
    null->dead = true;
  }

  void finish_one() {
    if (--unfinished > 0) return;
    Response response{.executed = true};
    if (!errors.empty()) response.body["errors"] = std::move(errors);
    response.body["data"] = std::move(data);
    on_done(std::move(response));
  }
};

}  // namespace

void answer(const Schema& schema, const std::string& query, const Limits& limits,
            std::shared_ptr<Context> context, std::function<void(Response)> on_done) {
  const auto execution = std::make_shared<Execution>();
  execution->context = std::move(context);
  execution->on_done = std::move(on_done);
  try {
    execution->document = parse(query);
    execution->fields = Planner{schema, limits, execution->document}.run();
  } catch (const Problem& problem) {
    const Json where = Json::array({location(query, problem.at)});
    const Json error = {{"message", problem.message}, {"locations", where}};
    return execution->on_done({.body = {{"errors", Json::array({error})}}});
  }
  execution->run();
}

}  // namespace lab17
