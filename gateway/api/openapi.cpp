#include "gateway/api/openapi.hpp"

#include "gateway/api/kept_answers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace machine::gateway {

namespace {

using nlohmann::ordered_json;

constexpr std::string_view prefix = "/api/v1/";

constexpr std::string_view text_schema = R"({"type":"string"})";

struct known_parameter {
  std::string_view name;
  parameter_document what;
};

constexpr std::array known_queries{
  known_parameter{"after",
                  {"The number of the last event that is not wanted any more, "
                   "or `latest`: nothing that has happened already",
                   R"({"type":"string","pattern":"^([0-9]{1,20}|latest)$"})"}},
  known_parameter{
    "after_id",
    {"Only models after this one, in Anthropic's form", text_schema}},
  known_parameter{"agent",
                  {"Only calls of agents with this role", text_schema}},
  known_parameter{"archived",
                  {"Whether archived runs are in the list",
                   R"({"type":"string","enum":["true","false","all"]})"}},
  known_parameter{
    "before_id",
    {"Only models before this one, in Anthropic's form", text_schema}},
  known_parameter{
    "by",
    {"What it is summed up by, up to three: `model,day`. There are model, "
     "provider, agent, project, key, principal, run, tag, day, hour and month",
     text_schema}},
  known_parameter{"cursor",
                  {"What an earlier page gave as `next_cursor`", text_schema}},
  known_parameter{
    "format",
    {"How it is written",
     R"({"type":"string","enum":["json","csv"],"default":"json"})"}},
  known_parameter{
    "key", {"Only what was asked for with this key, by its id", text_schema}},
  known_parameter{"label", {"Only tasks with this label", text_schema}},
  known_parameter{
    "limit",
    {"How many at most",
     R"({"type":"integer","minimum":1,"maximum":1000,"default":100})"}},
  known_parameter{
    "minutes",
    {"Of the last so many minutes",
     R"({"type":"integer","minimum":1,"maximum":1440,"default":60})"}},
  known_parameter{"model", {"Only of this model", text_schema}},
  known_parameter{"principal",
                  {"Only of this principal, by its id", text_schema}},
  known_parameter{"project", {"Only of this project", text_schema}},
  known_parameter{"provider", {"Only of this provider", text_schema}},
  known_parameter{"q", {"Only what has all of these words in it", text_schema}},
  known_parameter{"run", {"Only of this run, by its id", text_schema}},
  known_parameter{"since",
                  {"Nothing before this instant",
                   R"({"type":"string","format":"date-time"})"}},
  known_parameter{"state", {"Only what is in this state", text_schema}},
  known_parameter{"tag", {"Only what has this tag", text_schema}},
  known_parameter{"until",
                  {"Nothing at or after this instant",
                   R"({"type":"string","format":"date-time"})"}},
  known_parameter{"verbose",
                  {"Whether each check is shown", R"({"type":"string"})"}},
  known_parameter{
    "what",
    {"Only actions that have this in them, such as `keys`", text_schema}},
  known_parameter{"who",
                  {"Only of this principal or key, by its id", text_schema}},
};

constexpr parameter_document idempotency_key{
  "A name for what is to be done: it is done once, however often it is asked "
  "for with the same name",
  R"({"type":"string","pattern":"^[!-~]{1,255}$"})"};

/// `{id}` in `/api/v1/runs/{id}` is one of the runs.
std::string describe_part(const std::string& pattern, size_t at) {
  auto end = pattern.rfind('/', at);
  auto begin = pattern.rfind('/', end - 1) + 1;
  return "Which of the " + pattern.substr(begin, end - begin);
}

/// Calls *fn* with the name and the place of each parameter of *pattern*.
template <class Fn>
void for_each_parameter(const std::string& pattern, Fn fn) {
  for (auto at = pattern.find('{'); at != pattern.npos;
       at = pattern.find('{', at + 1))
    fn(pattern.substr(at + 1, pattern.find('}', at) - at - 1), at);
}

ordered_json parameters_of(const route& from) {
  auto result = ordered_json::array();
  for_each_parameter(from.pattern, [&](const std::string& name, size_t at) {
    result.push_back({{"name", name},
                      {"in", "path"},
                      {"required", true},
                      {"description", describe_part(from.pattern, at)},
                      {"schema", ordered_json::parse(text_schema)}});
  });
  for (auto& name : from.query) {
    auto what =
      describe_query(name).value_or(parameter_document{name, text_schema});
    result.push_back({{"name", name},
                      {"in", "query"},
                      {"required", false},
                      {"description", what.description},
                      {"schema", ordered_json::parse(what.schema)}});
  }
  if (key_rule_of(from.method, from.who, from.what).what == key_rule::use::once)
    result.push_back({{"name", "Idempotency-Key"},
                      {"in", "header"},
                      {"required", false},
                      {"description", idempotency_key.description},
                      {"schema", ordered_json::parse(idempotency_key.schema)}});
  return result;
}

/// `get_runs_id_events`: one for each route, as long as its address stays.
std::string operation_of(const route& from) {
  auto result = from.method;
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  auto path = from.pattern;
  if (path.starts_with(prefix))
    path = path.substr(prefix.size() - 1);
  for (auto c : path)
    if (c == '/')
      result += '_';
    else if (c != '{' && c != '}')
      result += c;
  return result;
}

std::string tag_of(const route& from) {
  if (!from.pattern.starts_with(prefix))
    return "machine";
  auto rest = from.pattern.substr(prefix.size());
  return rest.substr(0, rest.find('/'));
}

std::string_view where_of(const permission& who) {
  using enum permission::place;
  switch (who.where()) {
    case anywhere: return "anybody";
    case known: return "anybody with a key";
    case tenant: return "in the tenant";
    case project: return "in the project";
    case run: return "in the project of the run";
    case somewhere: return "in the project concerned";
    case machine: return "of the machine";
  }
  return "";
}

std::string describe_permission(const permission& who) {
  auto where = std::string{where_of(who)};
  if (who.where() == permission::place::anywhere
      || who.where() == permission::place::known)
    return "For " + where + ".";
  return "For a " + std::string{wire::to_name(who.need())} + " " + where + ".";
}

ordered_json body_of(const contract& what, wire::json_schema_set& schemas) {
  ordered_json result;
  result["required"] = what.kind() == contract::body_kind::required;
  result["content"]["application/json"]["schema"] =
    ordered_json::parse(what.body()(schemas));
  return result;
}

ordered_json responses_of(const route& from, wire::json_schema_set& schemas) {
  auto& what = from.what;
  ordered_json fine;
  fine["description"] = "It is done, or has begun.";
  if (what.is_socket()) {
    fine["description"] = "A WebSocket is open; gateway/session/README.md says "
                          "what is said on it.";
    return {{"101", fine},
            {"default", {{"$ref", "#/components/responses/problem"}}}};
  }
  auto& content = fine["content"][what.media()];
  content = ordered_json::object();
  if (what.answer() != nullptr)
    content["schema"] = ordered_json::parse(what.answer()(schemas));
  if (!what.other_media().empty())
    fine["content"][what.other_media()] = ordered_json::object();
  if (what.streams())
    fine["content"]["text/event-stream"] = ordered_json::object();
  ordered_json result;
  if (what.other_status() != 0) {
    auto& other = result[std::to_string(what.other_status())];
    other = fine;
    other["description"] = "It is not so.";
  }
  result[std::to_string(what.status())] = std::move(fine);
  auto& problem = result["default"];
  if (from.in_dialect == nullptr) {
    problem["$ref"] = "#/components/responses/problem";
  } else {
    problem["description"] = "It is refused, as the API has it.";
    problem["content"]["application/json"] = ordered_json::object();
  }
  return result;
}

ordered_json operation(const route& from, wire::json_schema_set& schemas) {
  ordered_json result;
  result["operationId"] = operation_of(from);
  result["tags"] = {tag_of(from)};
  result["summary"] = from.summary;
  result["description"] = describe_permission(from.who);
  if (auto all = parameters_of(from); !all.empty())
    result["parameters"] = std::move(all);
  if (from.what.body() != nullptr)
    result["requestBody"] = body_of(from.what, schemas);
  result["responses"] = responses_of(from, schemas);
  // Nothing is needed, or one of what the document names.
  if (from.who.where() == permission::place::anywhere)
    result["security"] = ordered_json::array();
  return result;
}

/// RFC 9457.
ordered_json problem_schema() {
  return ordered_json::parse(R"({
    "type": "object",
    "properties": {
      "type": {"type": "string"},
      "title": {"type": "string"},
      "status": {"type": "integer"},
      "code": {"type": "string"},
      "detail": {"type": "string"}
    },
    "required": ["title", "status", "detail"]
  })");
}

} // namespace

std::optional<parameter_document> describe_query(std::string_view name) {
  auto i = std::find_if(known_queries.begin(), known_queries.end(),
                        [&](auto& x) { return x.name == name; });
  if (i == known_queries.end())
    return std::nullopt;
  return i->what;
}

std::string openapi_document(const route_table& table,
                             const std::string& version) {
  wire::json_schema_set schemas;
  ordered_json paths = ordered_json::object();
  for (auto& x : table) {
    auto method = x.method;
    std::transform(method.begin(), method.end(), method.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    paths[x.pattern][method] = operation(x, schemas);
  }
  ordered_json result;
  result["openapi"] = "3.1.0";
  result["info"] = {{"title", "TheMachine"}, {"version", version}};
  result["security"] = {{{"bearer", ordered_json::array()}}};
  result["paths"] = std::move(paths);
  auto& parts = result["components"];
  parts["schemas"] = ordered_json::parse(schemas.definitions());
  parts["schemas"]["problem"] = problem_schema();
  auto& problem = parts["responses"]["problem"];
  problem["description"] = "What was wrong, and what to do.";
  problem["content"]["application/problem+json"]["schema"]["$ref"] =
    "#/components/schemas/problem";
  parts["securitySchemes"]["bearer"] = {
    {"type", "http"},
    {"scheme", "bearer"},
    {"description", "A key of a tenant, or the token of the machine."}};
  return result.dump();
}

void add_openapi_route(route_table& to, const std::string& version) {
  auto document = std::make_shared<std::string>();
  to.push_back({"GET",
                "/api/v1/openapi.json",
                permission::anybody(),
                {},
                "This document",
                contract::gives_json([](wire::json_schema_set&) {
                  return std::string{R"({"type":"object"})"};
                }),
                [document](const http_request&, const responder_ptr& reply) {
                  reply->json(200, *document);
                }});
  *document = openapi_document(to, version);
}

} // namespace machine::gateway
