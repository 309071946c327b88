#include "tests/gateway/api/contract_under_test.hpp"

#include "actors/orchestrator/workflow/json_schema.hpp"
#include "gateway/api/openapi.hpp"

#include <algorithm>
#include <set>

namespace machine::test {

namespace {

using nlohmann::json;

std::string in_lower_case(std::string x) {
  std::transform(x.begin(), x.end(), x.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return x;
}

/// What *schema* says, wherever that stands.
const json& resolve(const json& schema, const json& whole) {
  if (!schema.contains("$ref"))
    return schema;
  return whole.at(
    json::json_pointer{schema.at("$ref").get<std::string>().substr(1)});
}

/// All schemas that say what members an object may have.
void collect(const json& schema, const json& whole,
             std::vector<const json*>& into) {
  auto& what = resolve(schema, whole);
  into.push_back(&what);
  for (auto* word : {"allOf", "anyOf", "oneOf"})
    if (what.contains(word))
      for (auto& x : what.at(word))
        collect(x, whole, into);
}

/// The place of a member of *value* that no schema knows; empty: none.
std::string find_undeclared(const json& value, const json& schema,
                            const json& whole, const std::string& at) {
  std::vector<const json*> all;
  collect(schema, whole, all);
  std::vector<const json*> elements;
  for (auto* x : all)
    if (x->contains("items"))
      elements.push_back(&x->at("items"));
  if (value.is_array() && elements.size() == 1)
    for (size_t i = 0; i < value.size(); ++i)
      if (auto bad = find_undeclared(value[i], *elements[0], whole,
                                     at + "/" + std::to_string(i));
          !bad.empty())
        return bad;
  if (!value.is_object())
    return "";
  auto is_open = std::none_of(
    all.begin(), all.end(), [](auto* x) { return x->contains("properties"); });
  for (auto* x : all)
    is_open = is_open || x->contains("additionalProperties");
  if (is_open)
    return "";
  for (auto& [name, member] : value.items()) {
    std::vector<const json*> said;
    for (auto* x : all)
      if (x->contains("properties") && x->at("properties").contains(name))
        said.push_back(&x->at("properties").at(name));
    auto place = at + "/" + name;
    if (said.empty())
      return place;
    // Of several there is no telling which one is meant.
    if (said.size() > 1)
      continue;
    if (auto bad = find_undeclared(member, *said[0], whole, place);
        !bad.empty())
      return bad;
  }
  return "";
}

/// Names of schemas that *part* refers to, and those that these refer to.
void find_refs(const json& part, const json& schemas,
               std::set<std::string>& into) {
  constexpr std::string_view prefix = "#/components/schemas/";
  for (auto& [key, x] : part.items()) {
    if (key != "$ref" || !x.is_string()) {
      if (x.is_structured())
        find_refs(x, schemas, into);
      continue;
    }
    auto name = x.get<std::string>().substr(prefix.size());
    if (into.insert(name).second)
      find_refs(schemas.at(name), schemas, into);
  }
}

/// *schema* with all that it refers to, and no more: it is read again for each
/// exchange.
std::string standing_alone(const json& schema, const json& whole) {
  auto& schemas = whole.at("components").at("schemas");
  std::set<std::string> names;
  find_refs(schema, schemas, names);
  json all;
  all["allOf"] = json::array({schema});
  for (auto& name : names)
    all["components"]["schemas"][name] = schemas.at(name);
  return all.dump();
}

} // namespace

contract_under_test::contract_under_test(gateway::route_table of)
    : routes_(std::move(of)), router_(routes_),
      whole_(json::parse(gateway::openapi_document(routes_, "test"))) {}

std::string
contract_under_test::find_breach(const json& schema,
                                 const std::string& document) const {
  if (auto fine =
        orchestrator::validate({standing_alone(schema, whole_)}, {document});
      !fine)
    return message_of(fine.error());
  auto bad = find_undeclared(json::parse(document), schema, whole_, "");
  return bad.empty() ? "" : bad + " is not in the schema";
}

std::string contract_under_test::find_breach(const std::string& method,
                                             const std::string& target,
                                             const std::string& body,
                                             const raw_answer& answer) const {
  auto found = router_.find(method, target);
  if (!found || found->what == nullptr)
    return answer.status >= 400 ? "" : "there is no such route";
  auto& route = *found->what;
  auto& said =
    whole_.at("paths").at(route.pattern).at(in_lower_case(route.method));
  if (answer.status >= 400)
    return find_breach(json{{"$ref", "#/components/schemas/problem"}},
                       answer.body);
  auto status = std::to_string(answer.status);
  if (!said.at("responses").contains(status))
    return "the status " + status + " is not in the document";
  auto& content = said.at("responses").at(status).at("content");
  auto type = answer.header("content-type");
  if (!content.contains(type))
    return "the type " + type + " is not in the document";
  if (content.at(type).contains("schema"))
    if (auto bad = find_breach(content.at(type).at("schema"), answer.body);
        !bad.empty())
      return "the answer: " + bad;
  if (body.empty() || body == "{}")
    return "";
  if (!said.contains("requestBody"))
    return "a body was taken that is not in the document";
  auto bad = find_breach(
    said.at("requestBody").at("content").at("application/json").at("schema"),
    body);
  return bad.empty() ? "" : "the body: " + bad;
}

} // namespace machine::test
