#include "gateway/mcp/offer/tool.hpp"

#include "gateway/api/openapi.hpp"
#include "runtime/wire/nearest.hpp"
#include "runtime/wire/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace machine::gateway::mcp {

namespace {

using nlohmann::ordered_json;

constexpr std::string_view definitions = "#/$defs/";

/// The schema of *make* with all that it refers to in itself.
ordered_json schema_of(wire::schema_maker make) {
  wire::json_schema_set set{std::string{definitions}};
  auto root = ordered_json::parse(make(set));
  auto known = ordered_json::parse(set.definitions());
  // A tool's schema has to be an object itself, and no reference to one.
  if (auto i = root.find("$ref"); i != root.end()) {
    auto name = i->get<std::string>().substr(definitions.size());
    root = known.at(name);
  }
  // What nobody refers to any more.
  for (auto again = true; again;) {
    again = false;
    auto text = root.dump() + known.dump();
    for (auto& [name, what] : known.items())
      if (text.find("\"" + std::string{definitions} + name + "\"")
          == text.npos) {
        known.erase(name);
        again = true;
        break;
      }
  }
  if (!known.empty())
    root["$defs"] = std::move(known);
  return root;
}

bool has_member(const tool& of, const std::string& name) {
  return of.members.empty()
      || std::find(of.members.begin(), of.members.end(), name)
           != of.members.end();
}

ordered_json input_of(const tool& what, const route& by) {
  ordered_json result;
  result["type"] = "object";
  auto& properties = result["properties"] = ordered_json::object();
  auto required = ordered_json::array();
  for (auto& x : what.path) {
    properties[x.name] = {{"type", "string"}, {"description", x.about}};
    if (x.usual)
      properties[x.name]["default"] = *x.usual;
    else
      required.push_back(x.name);
  }
  for (auto& name : by.query) {
    auto known = describe_query(name);
    properties[name] = ordered_json::parse(known ? known->schema : "{}");
    if (known)
      properties[name]["description"] = known->description;
  }
  if (by.what.body() != nullptr) {
    auto body = schema_of(by.what.body());
    for (auto& [name, x] : body["properties"].items())
      if (has_member(what, name))
        properties[name] = x;
    for (auto& name : body.value("required", ordered_json::array()))
      if (has_member(what, name))
        required.push_back(name);
    if (body.contains("$defs"))
      result["$defs"] = body["$defs"];
  }
  for (auto& [name, about] : what.notes)
    properties[name]["description"] = about;
  if (!required.empty())
    result["required"] = std::move(required);
  result["additionalProperties"] = false;
  return result;
}

ordered_json hints_of(const tool& what) {
  return {{"title", what.title},
          {"readOnlyHint", what.does == effect::none},
          {"destructiveHint", what.does == effect::ends},
          {"idempotentHint", what.does != effect::adds},
          {"openWorldHint", false}};
}

/// *x* as a part of a path or a query; none: it is no scalar.
std::optional<std::string> text_of(const wire::node& x) {
  switch (x.kind) {
    case wire::node_kind::text: return std::string{x.text};
    case wire::node_kind::integer: return std::to_string(x.integer);
    case wire::node_kind::unsigned_integer:
      return std::to_string(x.unsigned_integer);
    case wire::node_kind::boolean: return x.truth ? "true" : "false";
    default: return std::nullopt;
  }
}

caf::error unknown(const tool& what, const route& by, std::string_view name) {
  auto schema = input_of(what, by);
  std::vector<std::string> known;
  for (auto& [key, x] : schema["properties"].items())
    known.push_back(key);
  auto message =
    what.name + " has no argument " + std::string{name.substr(0, 100)};
  if (auto near = wire::nearest(name, known))
    message += "; did you mean " + *near + "?";
  return make_error(ec::invalid_argument, std::move(message));
}

void put(std::string& into, const std::string& parameter,
         const std::string& value) {
  auto place = "{" + parameter + "}";
  if (auto at = into.find(place); at != into.npos)
    into.replace(at, place.size(), escape(value));
}

bool is_of_body(const tool& what, const route& by, std::string_view name) {
  if (by.what.body() == nullptr)
    return false;
  auto body = schema_of(by.what.body());
  return body["properties"].contains(name)
      && has_member(what, std::string{name});
}

} // namespace

std::string describe(const tool& what, const route& by) {
  ordered_json result;
  result["name"] = what.name;
  result["title"] = what.title;
  result["description"] = what.about;
  result["inputSchema"] = input_of(what, by);
  if (by.what.answer() != nullptr)
    result["outputSchema"] = schema_of(by.what.answer());
  result["annotations"] = hints_of(what);
  return result.dump();
}

caf::expected<rest_request> request_of(const tool& what, const route& by,
                                       const std::string& arguments) {
  auto parsed = wire::parse_json(arguments, {});
  if (!parsed)
    return std::move(parsed.error());
  if (parsed->root().kind != wire::node_kind::map)
    return make_error(ec::invalid_argument, "arguments is an object");
  rest_request result;
  result.method = what.method;
  result.target = what.pattern;
  std::string query;
  std::string body;
  std::map<std::string, std::string> parts;
  for (auto* x = parsed->first(parsed->root()); x != nullptr;
       x = parsed->next(*x)) {
    auto in_path = std::any_of(what.path.begin(), what.path.end(),
                               [&](auto& part) { return part.name == x->key; });
    auto name = std::string{x->key};
    if (in_path || by.query.contains(name)) {
      auto text = text_of(*x);
      if (!text || text->empty())
        return make_error(ec::invalid_argument,
                          name + " is a text that is not empty");
      if (in_path)
        parts.emplace(name, *text);
      else
        query += (query.empty() ? "?" : "&") + name + "=" + escape(*text);
    } else if (is_of_body(what, by, name)) {
      body += (body.empty() ? "" : ",") + wire::to_json(name) + ":"
            + wire::write_json(*parsed, *x);
    } else {
      return unknown(what, by, x->key);
    }
  }
  for (auto& x : what.path) {
    auto i = parts.find(x.name);
    if (i == parts.end() && !x.usual)
      return make_error(ec::invalid_argument,
                        what.name + " needs the argument " + x.name);
    put(result.target, x.parameter, i == parts.end() ? *x.usual : i->second);
  }
  result.target += query;
  if (by.what.body() != nullptr)
    result.body = "{" + body + "}";
  return result;
}

} // namespace machine::gateway::mcp
