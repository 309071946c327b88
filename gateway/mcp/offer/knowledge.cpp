#include "gateway/mcp/offer/knowledge.hpp"

#include "gateway/api/body.hpp"
#include "gateway/api/documents.hpp"
#include "gateway/mcp/offer/results.hpp"
#include "runtime/wire/json_schema.hpp"

#include <nlohmann/json.hpp>

namespace machine::gateway::mcp {

namespace {

using nlohmann::ordered_json;

struct search_request {
  std::string query;
  std::optional<std::string> collection;
  std::optional<uint32_t> limit;

  static constexpr const char* wire_name = "search";

  static constexpr auto fields() {
    return wire::members(wire::field{"query", &search_request::query},
                         wire::field{"collection", &search_request::collection},
                         wire::field{"limit", &search_request::limit});
  }
};

/// A chunk of a document, and where it is from.
struct citation {
  std::string text;
  std::string source;
  double score = 0;

  static constexpr const char* wire_name = "citation";

  static constexpr auto fields() {
    return wire::members(wire::field{"text", &citation::text},
                         wire::field{"source", &citation::source},
                         wire::field{"score", &citation::score});
  }
};

using citation_page = page_of<citation>;

/// The definition of *T* as an object of its own.
template <class T>
ordered_json schema_of() {
  wire::json_schema_set set{"#/$defs/"};
  set.add<T>();
  auto known = ordered_json::parse(set.definitions());
  auto result = known.at(T::wire_name);
  known.erase(T::wire_name);
  if (!known.empty())
    result["$defs"] = known;
  return result;
}

} // namespace

std::string describe_knowledge_search() {
  ordered_json result;
  result["name"] = knowledge_search;
  result["title"] = "Search knowledge";
  result["description"] =
    "Searches the collections of documents that the machine has. There are "
    "none yet, so it finds nothing.";
  result["inputSchema"] = schema_of<search_request>();
  result["inputSchema"]["additionalProperties"] = false;
  result["outputSchema"] = schema_of<citation_page>();
  result["annotations"] = {{"title", "Search knowledge"},
                           {"readOnlyHint", true},
                           {"destructiveHint", false},
                           {"idempotentHint", true},
                           {"openWorldHint", false}};
  return result.dump();
}

std::string search_knowledge(const std::string& arguments) {
  auto wanted = read_body<search_request>(arguments);
  if (!wanted)
    return wire::to_json(tool_result{
      {text_content{message_of(wanted.error())}}, std::nullopt, true});
  auto nothing = wire::to_json(citation_page{});
  return wire::to_json(
    tool_result{{text_content{nothing}}, json_text{nothing}, std::nullopt});
}

} // namespace machine::gateway::mcp
