#include "tests/gateway/mcp/everything/everything.hpp"

#include <mutex>

namespace machine::test {

namespace {

using namespace gateway::mcp;

/// One red point.
constexpr const char* png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/"
  "iZk9HQAAAABJRU5ErkJggg==";
/// No sound at all.
constexpr const char* wav =
  "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

json image() {
  return {{"type", "image"}, {"data", png}, {"mimeType", "image/png"}};
}

json embedded(const std::string& uri, const std::string& media,
              const std::string& text) {
  return {{"type", "resource"},
          {"resource", {{"uri", uri}, {"mimeType", media}, {"text", text}}}};
}

template <class... Parts>
json content_of(const Parts&... parts) {
  json result;
  (result["content"].push_back(parts), ...);
  return result;
}

/// An object schema with texts that are needed.
json texts(const std::vector<std::string>& names) {
  json result{{"type", "object"}, {"properties", json::object()}};
  for (auto& x : names)
    result["properties"][x] = {{"type", "string"}};
  if (!names.empty())
    result["required"] = names;
  return result;
}

json strict_schema() {
  return json::parse(R"({
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"$anchor": "addressDef", "type": "object",
      "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
    "properties": {"name": {"type": "string"},
      "address": {"$ref": "#/$defs/address"},
      "contactMethod": {"type": "string", "enum": ["phone", "email"]},
      "phone": {"type": "string"}, "email": {"type": "string"}},
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}},
      "required": ["contactMethod"]},
    "then": {"required": ["phone"]}, "else": {"required": ["email"]},
    "additionalProperties": false})");
}

json defaults_schema() {
  return json::parse(R"({"type": "object", "properties": {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"],
      "default": "active"},
    "verified": {"type": "boolean", "default": true}}, "required": []})");
}

json enums_schema() {
  return json::parse(R"({"type": "object", "properties": {
    "untitledSingle": {"type": "string",
      "enum": ["option1", "option2", "option3"]},
    "titledSingle": {"type": "string", "oneOf": [
      {"const": "value1", "title": "First Option"},
      {"const": "value2", "title": "Second Option"},
      {"const": "value3", "title": "Third Option"}]},
    "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"],
      "enumNames": ["Option One", "Option Two", "Option Three"]},
    "untitledMulti": {"type": "array", "items": {"type": "string",
      "enum": ["option1", "option2", "option3"]}},
    "titledMulti": {"type": "array", "items": {"anyOf": [
      {"const": "value1", "title": "First Choice"},
      {"const": "value2", "title": "Second Choice"},
      {"const": "value3", "title": "Third Choice"}]}}}, "required": []})");
}

json user_schema() {
  return json::parse(R"({"type": "object", "properties": {
    "username": {"type": "string", "description": "User's response"},
    "email": {"type": "string", "description": "User's email address"}},
    "required": ["username", "email"]})");
}

json contents(const std::string& uri, const std::string& media,
              const std::string& kind, const std::string& data) {
  return {{"contents", {{{"uri", uri}, {"mimeType", media}, {kind, data}}}}};
}

class everything final : public service {
public:
  implementation name() const override {
    return {"everything", std::nullopt, "1.0.0"};
  }

  std::string capabilities() const override {
    return R"({"tools":{"listChanged":true},"prompts":{"listChanged":true},)"
           R"("resources":{"subscribe":true},"logging":{},"completions":{}})";
  }

  std::string instructions() const override {
    return "For the conformance suite.";
  }

  caf::expected<watch_handle> watch(const call&, const change_filter& what,
                                    change_listener to) override {
    auto one = std::make_shared<listener>(listener{what, std::move(to)});
    std::lock_guard guard{mutex_};
    std::erase_if(listeners_, [](auto& x) { return x.expired(); });
    listeners_.push_back(one);
    return watch_handle{one};
  }

  void serve(call what, exchange_ptr answer) override {
    auto params = json::parse(what.params);
    auto& method = what.method;
    if (method == "tools/list")
      answer->result(json{{"tools", tools()}}.dump());
    else if (method == "prompts/list")
      answer->result(json{{"prompts", prompts()}}.dump());
    else if (method == "resources/list")
      answer->result(json{{"resources", resources()}}.dump());
    else if (method == "resources/templates/list")
      answer->result(json{{"resourceTemplates",
                           {{{"uriTemplate", "test://template/{id}/data"},
                             {"name", "template"},
                             {"mimeType", "application/json"}}}}}
                       .dump());
    else if (method == "resources/read")
      read(what, params.value("uri", ""), answer);
    else if (method == "completion/complete")
      answer->result(
        R"({"completion":{"values":["paris","park"],"hasMore":false}})");
    else
      visit_with(std::move(what), params, answer);
  }

private:
  struct listener {
    change_filter what;
    change_listener to;
  };

  static json tool(const std::string& name, json schema) {
    return {{"name", name},
            {"description", "For the scenario of this name"},
            {"inputSchema", std::move(schema)}};
  }

  static json tools() {
    json result = json::array();
    for (auto* name :
         {"test_simple_text", "test_image_content", "test_audio_content",
          "test_embedded_resource", "test_multiple_content_types",
          "test_tool_with_logging", "test_error_handling",
          "test_tool_with_progress", "test_elicitation_sep1034_defaults",
          "test_elicitation_sep1330_enums", "test_missing_capability",
          "test_logging_tool", "test_trigger_tool_change",
          "test_trigger_prompt_change"})
      result.push_back(tool(name, texts({})));
    result.push_back(tool("test_sampling", texts({"prompt"})));
    result.push_back(tool("test_elicitation", texts({"message"})));
    result.push_back(tool("json_schema_2020_12_tool", strict_schema()));
    for (auto& name : input_tools())
      result.push_back(tool(name, texts({})));
    return result;
  }

  static json prompt(const std::string& name,
                     const std::vector<std::string>& arguments) {
    json result{{"name", name},
                {"description", "For the scenario of this name"}};
    for (auto& x : arguments)
      result["arguments"].push_back({{"name", x}, {"required", true}});
    return result;
  }

  static json prompts() {
    return {prompt("test_simple_prompt", {}),
            prompt("test_prompt_with_arguments", {"arg1", "arg2"}),
            prompt("test_prompt_with_embedded_resource", {"resourceUri"}),
            prompt("test_prompt_with_image", {}),
            prompt("test_input_required_result_prompt", {})};
  }

  static json resources() {
    json result = json::array();
    for (auto& [uri, media] :
         {std::pair{"test://static-text", "text/plain"},
          std::pair{"test://static-binary", "image/png"},
          std::pair{"test://watched-resource", "text/plain"}})
      result.push_back({{"uri", uri}, {"name", uri}, {"mimeType", media}});
    return result;
  }

  static void read(const call& what, const std::string& uri,
                   const exchange_ptr& answer) {
    constexpr std::string_view begin = "test://template/";
    constexpr std::string_view end = "/data";
    if (uri == "test://static-text" || uri == "test://watched-resource") {
      answer->result(
        contents(uri, "text/plain", "text", "The text of a resource.").dump());
    } else if (uri == "test://static-binary") {
      answer->result(contents(uri, "image/png", "blob", png).dump());
    } else if (uri.starts_with(begin) && uri.ends_with(end)
               && uri.size() > begin.size() + end.size()) {
      auto id =
        uri.substr(begin.size(), uri.size() - begin.size() - end.size());
      json data{{"id", id}, {"templateTest", true}, {"data", "Data for " + id}};
      answer->result(
        contents(uri, "application/json", "text", data.dump()).dump());
    } else {
      auto known = has_sessions(what.speaks) ? code::resource_not_found
                                             : code::invalid_params;
      answer->fail({known, "there is no such resource",
                    json_text{json{{"uri", uri}}.dump()}});
    }
  }

  void visit_with(call what, const json& params, const exchange_ptr& answer) {
    if (params.contains("inputResponses")
        && !params["inputResponses"].is_object()) {
      answer->fail(
        {code::invalid_params, "inputResponses is no object", std::nullopt});
      return;
    }
    visit x{std::move(what), params.value("name", ""),
            params.value("arguments", json::object()),
            params.value("inputResponses", json::object()),
            params.value("requestState", "")};
    if (answer_with_inputs(x, answer))
      return;
    if (x.from.method == "prompts/get")
      get_prompt(x, answer);
    else
      call_tool(x, answer);
  }

  static void get_prompt(const visit& x, const exchange_ptr& answer) {
    json messages = json::array();
    auto add = [&](json part) {
      messages.push_back({{"role", "user"}, {"content", std::move(part)}});
    };
    auto argument = [&](const char* name) {
      return x.arguments.value(name, "");
    };
    if (x.name == "test_simple_prompt") {
      add(text_part("This is a simple prompt for testing."));
    } else if (x.name == "test_prompt_with_arguments") {
      add(text_part("Prompt with arguments: arg1='" + argument("arg1")
                    + "', arg2='" + argument("arg2") + "'"));
    } else if (x.name == "test_prompt_with_embedded_resource") {
      add(embedded(argument("resourceUri"), "text/plain",
                   "Embedded resource content for testing."));
      add(text_part("Please process the embedded resource above."));
    } else if (x.name == "test_prompt_with_image") {
      add(image());
      add(text_part("Please analyze the image above."));
    } else {
      answer->fail(
        {code::invalid_params, "there is no such prompt", std::nullopt});
      return;
    }
    answer->result(json{{"messages", messages}}.dump());
  }

  void call_tool(const visit& x, const exchange_ptr& answer) {
    auto say = [&](const auto&... parts) {
      answer->result(content_of(parts...).dump());
    };
    auto& name = x.name;
    if (name == "test_simple_text") {
      say(text_part("This is a simple text response for testing."));
    } else if (name == "json_schema_2020_12_tool") {
      say(text_part(x.arguments.dump()));
    } else if (name == "test_image_content") {
      say(image());
    } else if (name == "test_audio_content") {
      say(json{{"type", "audio"}, {"data", wav}, {"mimeType", "audio/wav"}});
    } else if (name == "test_embedded_resource") {
      say(embedded("test://embedded-resource", "text/plain",
                   "This is an embedded resource content."));
    } else if (name == "test_multiple_content_types") {
      say(text_part("Multiple content types test:"), image(),
          embedded("test://mixed-content-resource", "application/json",
                   R"({"test":"data","value":123})"));
    } else if (name == "test_error_handling") {
      auto failed = content_of(
        text_part("This tool intentionally returns an error for testing"));
      failed["isError"] = true;
      answer->result(failed.dump());
    } else if (name == "test_tool_with_logging"
               || name == "test_logging_tool") {
      for (auto* text : {"Tool execution started", "Tool processing data",
                         "Tool execution completed"})
        answer->log(log_level::info, "everything", {json(text).dump()});
      say(text_part("It is logged."));
    } else if (name == "test_tool_with_progress") {
      for (auto done : {0, 50, 100})
        answer->progress(done, 100, "");
      say(text_part("It is done."));
    } else if (name == "test_missing_capability") {
      need_sampling(x, answer);
    } else if (name == "test_trigger_tool_change") {
      tell({"notifications/tools/list_changed"});
      say(text_part("It has changed."));
    } else if (name == "test_trigger_prompt_change") {
      tell({"notifications/prompts/list_changed"});
      say(text_part("It has changed."));
    } else {
      ask_client(x, answer);
    }
  }

  static void need_sampling(const visit& x, const exchange_ptr& answer) {
    if (x.can("sampling"))
      answer->result(content_of(text_part("It is there.")).dump());
    else
      answer->fail({code::missing_capability, "this needs sampling",
                    json_text{R"({"requiredCapabilities":{"sampling":{}}})"}});
  }

  static void ask_client(const visit& x, const exchange_ptr& answer) {
    auto ask = [&](const char* ability, const char* method, const json& params,
                   const std::string& before) {
      if (!x.can(ability)) {
        answer->fail(
          {code::invalid_params, "this client cannot be asked", std::nullopt});
        return;
      }
      answer->ask(method, params.dump(), [=](exchange::reply got) {
        auto* said = std::get_if<std::string>(&got);
        auto text = said != nullptr ? *said : std::get<rpc_error>(got).message;
        answer->result(content_of(text_part(before + text)).dump());
      });
    };
    auto form = [](const std::string& message, json schema) {
      return json{{"message", message}, {"requestedSchema", std::move(schema)}};
    };
    if (x.name == "test_sampling")
      ask("sampling", "sampling/createMessage",
          {{"messages",
            {{{"role", "user"},
              {"content", text_part(x.arguments.value("prompt", ""))}}}},
           {"maxTokens", 100}},
          "LLM response: ");
    else if (x.name == "test_elicitation")
      ask("elicitation", "elicitation/create",
          form(x.arguments.value("message", ""), user_schema()),
          "User response: ");
    else if (x.name == "test_elicitation_sep1034_defaults")
      ask("elicitation", "elicitation/create",
          form("Please review", defaults_schema()), "Elicitation completed: ");
    else if (x.name == "test_elicitation_sep1330_enums")
      ask("elicitation", "elicitation/create",
          form("Please choose", enums_schema()), "Elicitation completed: ");
    else
      answer->fail(
        {code::invalid_params, "there is no such tool", std::nullopt});
  }

  void tell(const change& what) {
    std::vector<std::shared_ptr<listener>> all;
    {
      std::lock_guard guard{mutex_};
      for (auto& x : listeners_)
        if (auto there = x.lock())
          all.push_back(std::move(there));
    }
    auto is_of_tools = what.method.find("/tools/") != std::string::npos;
    for (auto& x : all)
      if ((is_of_tools ? x->what.tools : x->what.prompts).value_or(false))
        x->to(what);
  }

  std::mutex mutex_;
  std::vector<std::weak_ptr<listener>> listeners_;
};

} // namespace

bool visit::can(const std::string& ability) const {
  return json::parse(from.capabilities).contains(ability);
}

json text_part(const std::string& text) {
  return {{"type", "text"}, {"text", text}};
}

std::shared_ptr<gateway::mcp::service> make_everything() {
  return std::make_shared<everything>();
}

} // namespace machine::test
