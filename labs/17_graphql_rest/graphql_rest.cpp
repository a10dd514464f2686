#include "graphql_rest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lab17 {

TypeName::TypeName(const char* written) : text(written), name(written) {
  const auto strip = [this](char last) {
    const bool has = name.ends_with(last);
    if (has) name.pop_back();
    return has;
  };
  non_null = strip('!');
  list = strip(']');
  items_non_null = list && strip('!');
  if (list) name.erase(0, 1);
}

namespace {

template <class... Args>
[[noreturn]] void refuse(std::size_t at, fmt::format_string<Args...> text,
                         Args&&... args) {
  throw Problem{fmt::format(text, std::forward<Args>(args)...), at};
}

struct Planner {
  const Schema& schema;
  const Limits& limits;
  Plan& plan;
  const std::map<std::string, Fragment>& fragments = plan.document.fragments;
  std::set<std::string> followed{}, entered{}, used{};
  double planned = 0;

  using Fields = std::vector<PlannedField>;
  using Sets = std::vector<const std::vector<Selection>*>;

  void run() {
    for (const auto& [name, fragment] : fragments) follow(name, fragment);
    if (!plan.document.query.empty())
      plan.cost = fields_of("Query", {&plan.document.query}, 1, plan.fields);
    check_cost(plan.cost);
    for (const auto& [name, fragment] : fragments) {
      if (!used.contains(name))
        refuse(fragment.at, "Fragment \"{}\" is never used.", name);
    }
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
  double fields_of(const std::string& type, const Sets& sets, std::size_t depth,
                   Fields& fields) {
    if (depth > limits.depth)
      refuse(sets[0]->at(0).at, "The query is more than {} fields deep.", limits.depth);
    std::set<std::string> spread;
    for (const auto* set : sets) collect(type, *set, fields, spread);
    double cost = 0;
    for (PlannedField& field : fields) {
      Sets inner;
      for (const Selection* one : field.mentions) inner.push_back(&one->selections);
      double below = 0;
      if (!inner[0]->empty())
        below = fields_of(field.type->type.name, inner, depth + 1, field.children);
      const auto first = field.arguments.find("first");
      const bool many = field.type->type.list && first != field.arguments.end();
      cost += 1 + below * (many ? std::max<double>(0, first->second) : 1);
    }
    return std::min(cost, 1e15);
  }

  // Step 6: fields of the same key are one field, wherever fragments repeat them.
  void collect(const std::string& type, const std::vector<Selection>& set, Fields& fields,
               std::set<std::string>& spread) {
    for (const Selection& one : set) {
      if (!one.is_spread) {
        add(type, one, fields);
      } else if (spread.insert(one.name).second) {
        collect(type, spread_on(type, one), fields, spread);
      }
    }
  }

  const std::vector<Selection>& spread_on(const std::string& type, const Selection& one) {
    const auto found = fragments.find(one.name);
    if (found == fragments.end()) refuse(one.at, "Unknown fragment \"{}\".", one.name);
    const Fragment& fragment = found->second;
    if (!schema.contains(fragment.type))
      refuse(fragment.at, "Unknown type \"{}\".", fragment.type);
    if (fragment.type != type)
      refuse(
          one.at,
          "Fragment \"{}\" cannot be spread here as objects of type \"{}\" can never be "
          "of type \"{}\".",
          one.name, type, fragment.type);
    used.insert(one.name);
    return fragment.selections;
  }

  void add(const std::string& parent, const Selection& one, Fields& fields) {
    const FieldType& type = type_of(parent, one);
    auto field = std::ranges::find(fields, one.key, &PlannedField::key);
    if (field == fields.end()) {
      plan.aliases += one.key != one.name;
      if (plan.aliases > limits.aliases)
        refuse(one.at, "The query has more than {} aliases.", limits.aliases);
      check_cost(++planned);  // at least: fragments multiply what a short text says
      fields.push_back({&type, parent, one.name, one.key, one.arguments});
      field = std::prev(fields.end());
      for (const auto& [name, initial] : type.arguments) {
        if (initial) field->arguments.emplace(name, *initial);
      }
    }
    field->mentions.push_back(&one);
    if (field->name != one.name)
      refuse(one.at,
             "Fields \"{}\" conflict because \"{}\" and \"{}\" are different fields.",
             one.key, field->name, one.name);
    if (field->mentions[0]->arguments != one.arguments)
      refuse(one.at, "Fields \"{}\" conflict because they have differing arguments.",
             one.key);
  }

  const FieldType& type_of(const std::string& parent, const Selection& one) const {
    static const FieldType kTypename{.type = "String!"};
    const auto found = schema.at(parent).find(one.name);
    const bool known = found != schema.at(parent).end();
    if (!known && one.name != "__typename")
      refuse(one.at, "Cannot query field \"{}\" on type \"{}\".", one.name, parent);
    const FieldType& field = known ? found->second : kTypename;
    const bool is_object = schema.contains(field.type.name);
    if (is_object && one.selections.empty())
      refuse(one.at, "Field \"{}\" of type \"{}\" must have a selection of subfields.",
             one.name, field.type.text);
    if (!is_object && !one.selections.empty())
      refuse(one.at,
             "Field \"{}\" must not have a selection since type \"{}\" has no subfields.",
             one.name, field.type.text);
    for (const auto& [name, value] : one.arguments) {
      if (!field.arguments.contains(name))
        refuse(one.at, "Unknown argument \"{}\" on field \"{}.{}\".", name, parent,
               one.name);
    }
    for (const auto& [name, initial] : field.arguments) {
      if (!initial && !one.arguments.contains(name))
        refuse(
            one.at,
            "Field \"{}\" argument \"{}\" of type \"Int!\" is required, but it was not "
            "provided.",
            one.name, name);
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
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<Context> context;
  std::function<void(Response)> on_done;
  Json data = nullptr, errors = Json::array();
  std::size_t unfinished = 1;  // the one that begins

  void run() {
    resolve_all(plan->fields, Json(), below(nullptr, data, nullptr, false));
    finish_one();
  }

  void resolve_all(const std::vector<PlannedField>& fields, const Json& parent,
                   const Place& at) {
    *at->slot = Json::object();
    auto& object = at->slot->get_ref<Json::object_t&>();
    object.reserve(fields.size());
    for (const PlannedField& field : fields) object.emplace_back(field.key, nullptr);
    auto slot = object.begin();
    for (const PlannedField& field : fields) {
      resolve(field, parent,
              below(at, slot++->second, field.key, field.type->type.non_null));
      if (at->is_gone()) return;  // and the object with it
    }
  }

  void resolve(const PlannedField& field, const Json& parent, const Place& at) {
    if (field.name == "__typename") return complete(field, field.parent, at);
    if (!field.type->resolve)
      return complete(field, parent.value(field.name, Json()), at);
    ++unfinished;
    const Reply reply = [self = shared_from_this(), &field, at](const Outcome& outcome) {
      self->complete(field, outcome, at);
      self->finish_one();
    };
    try {
      field.type->resolve({parent, field.arguments, *context}, reply);
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
    if (value.is_null()) {
      if (at->non_null)
        fail(field,
             fmt::format("Cannot return null for non-nullable field {}.{}.", field.parent,
                         field.name),
             at);
    } else if (field.type->type.list && !is_item) {
      *at->slot = Json::array_t(value.size());
      for (std::size_t i = 0; i < value.size() && !at->is_gone(); ++i) {
        complete(field, value[i],
                 below(at, (*at->slot)[i], i, field.type->type.items_non_null), true);
      }
    } else if (!field.children.empty()) {
      resolve_all(field.children, value, at);
    } else {
      *at->slot = value;
    }
  }

  // Step 7: the null moves up to the nearest place that may be null.
  void fail(const PlannedField& field, const std::string& message, const Place& at) {
    Json error = {
        {"message", message}, {"locations", Json::array()}, {"path", Json::array()}};
    for (const Selection* one : field.mentions)
      error["locations"].push_back(location(plan->document.text, one->at));
    for (const Position* one = at.get(); one->parent; one = one->parent.get())
      error["path"].insert(error["path"].begin(), one->key);
    errors.push_back(error);
    Position* null = at.get();
    while (null->non_null) null = null->parent.get();  // data may be null
    *null->slot = nullptr;
    null->dead = true;
  }

  static Json location(const std::string& text, std::size_t at) {
    const auto line =
        std::count(text.begin(), text.begin() + static_cast<long>(at), '\n');
    const std::size_t begin = at > 0 ? text.rfind('\n', at - 1) + 1 : 0;
    return {{"line", line + 1}, {"column", at - begin + 1}};
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

std::shared_ptr<const Plan> plan(const Schema& schema, Document document,
                                 const Limits& limits) {
  auto made = std::make_shared<Plan>(Plan{.document = std::move(document)});
  Planner{schema, limits, *made}.run();
  return made;
}

void answer(const Schema& schema, const std::string& query, const Limits& limits,
            std::shared_ptr<Context> context, std::function<void(Response)> on_done) {
  const auto execution = std::make_shared<Execution>();
  execution->context = std::move(context);
  execution->on_done = std::move(on_done);
  try {
    execution->plan = plan(schema, parse(query), limits);
  } catch (const Problem& problem) {
    const Json where = Json::array({Execution::location(query, problem.at)});
    const Json error = {{"message", problem.message}, {"locations", where}};
    return execution->on_done({.body = {{"errors", Json::array({error})}}});
  }
  execution->run();
}

}  // namespace lab17
