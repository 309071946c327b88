#include "tests/gateway/mcp/everything/everything.hpp"

#include <sodium.h>

#include <array>

/// Tools whose results say that they need more (2026-07-28, multi round-trip
/// requests).
namespace machine::test {

namespace {

using gateway::mcp::exchange_ptr;
using gateway::mcp::result_kind;
namespace code = gateway::mcp::code;

/// What a client has to give back unchanged.
class seal {
public:
  seal() {
    crypto_auth_keygen(key_.data());
  }

  std::string close(const std::string& what) const {
    std::array<unsigned char, crypto_auth_BYTES> mark{};
    crypto_auth(mark.data(), data_of(what), what.size(), key_.data());
    std::array<char, crypto_auth_BYTES * 2 + 1> text{};
    sodium_bin2hex(text.data(), text.size(), mark.data(), mark.size());
    return what + "." + text.data();
  }

  /// None: it is not as we gave it.
  std::optional<std::string> open(const std::string& sealed) const {
    auto what = sealed.substr(0, sealed.find('.'));
    return close(what) == sealed ? std::optional{what} : std::nullopt;
  }

private:
  static const unsigned char* data_of(const std::string& x) {
    return reinterpret_cast<const unsigned char*>(x.data());
  }

  std::array<unsigned char, crypto_auth_KEYBYTES> key_{};
};

const seal& ours() {
  static const seal it;
  return it;
}

json form(const std::string& message, const std::string& field,
          const std::string& type) {
  return {{"method", "elicitation/create"},
          {"params",
           {{"mode", "form"},
            {"message", message},
            {"requestedSchema",
             {{"type", "object"},
              {"properties", {{field, {{"type", type}}}}},
              {"required", {field}}}}}}};
}

json sampling(const std::string& text, int most) {
  return {{"method", "sampling/createMessage"},
          {"params",
           {{"messages", {{{"role", "user"}, {"content", text_part(text)}}}},
            {"maxTokens", most}}}};
}

json roots() {
  return {{"method", "roots/list"}, {"params", json::object()}};
}

/// What a tool asks for, and what it says once it has that.
struct need {
  std::string tool;
  json requests;
  /// Whether the client gets something to remember.
  bool has_state = false;
  std::string said;
};

const std::vector<need>& needs() {
  static const std::vector<need> all{
    {"test_input_required_result_elicitation",
     {{"user_name", form("What is your name?", "name", "string")}},
     false,
     "Hello!"},
    {"test_input_required_result_sampling",
     {{"capital_question", sampling("What is the capital of France?", 100)}},
     false,
     "Thank you."},
    {"test_input_required_result_list_roots",
     {{"client_roots", roots()}},
     false,
     "These are your roots."},
    {"test_input_required_result_request_state",
     {{"confirm", form("Please confirm", "ok", "boolean")}},
     true,
     "state-ok"},
    {"test_input_required_result_tampered_state",
     {{"confirm", form("Please confirm", "ok", "boolean")}},
     true,
     "state-ok"},
    {"test_input_required_result_multiple_inputs",
     {{"user_name", form("What is your name?", "name", "string")},
      {"greeting", sampling("Generate a greeting", 50)},
      {"client_roots", roots()}},
     true,
     "That is all."},
    {"test_streaming_elicitation",
     {{"go_on", form("Go on?", "ok", "boolean")}},
     false,
     "It went on."},
    {"test_input_required_result_prompt",
     {{"user_context",
       form("What context should the prompt use?", "context", "string")}},
     false,
     "In that context."}};
  return all;
}

void ask_for(const json& requests, const std::string& state,
             const exchange_ptr& answer) {
  json result{{"inputRequests", requests}};
  if (!state.empty())
    result["requestState"] = ours().close(state);
  answer->result(result.dump(), result_kind::input_required);
}

void finish(const visit& x, const std::string& said,
            const exchange_ptr& answer) {
  json result;
  auto all = said + " " + x.responses.dump();
  if (x.from.method == "prompts/get")
    result["messages"].push_back(
      {{"role", "user"}, {"content", text_part(all)}});
  else
    result["content"].push_back(text_part(all));
  answer->result(result.dump());
}

void serve(const visit& x, const need& what, const exchange_ptr& answer) {
  // There may be more in it than was asked for.
  for (auto& [name, request] : what.requests.items())
    if (!x.responses.contains(name)) {
      ask_for(what.requests, what.has_state ? what.tool : "", answer);
      return;
    }
  if (what.has_state && ours().open(x.state) != what.tool) {
    answer->fail({code::invalid_params, "requestState is not as it was given",
                  std::nullopt});
    return;
  }
  finish(x, what.said, answer);
}

void serve_rounds(const visit& x, const exchange_ptr& answer) {
  auto state = x.state.empty() ? std::optional<std::string>{"begin"}
                               : ours().open(x.state);
  if (!state)
    answer->fail({code::invalid_params, "requestState is not as it was given",
                  std::nullopt});
  else if (*state == "begin" || !x.responses.is_object())
    ask_for({{"step1", form("Step 1: What is your name?", "name", "string")}},
            "one", answer);
  else if (*state == "one" && x.responses.contains("step1"))
    ask_for({{"step2",
              form("Step 2: What is your favorite color?", "color", "string")}},
            "two", answer);
  else
    finish(x, "Both steps are done.", answer);
}

void serve_able(const visit& x, const exchange_ptr& answer) {
  json requests = json::object();
  if (x.can("sampling"))
    requests["sample"] = sampling("Say something", 50);
  if (x.can("elicitation"))
    requests["form"] = form("What is your name?", "name", "string");
  ask_for(requests, "", answer);
}

constexpr const char* rounds = "test_input_required_result_multi_round";
constexpr const char* able = "test_input_required_result_capabilities";

} // namespace

std::vector<std::string> input_tools() {
  std::vector<std::string> result{rounds, able};
  for (auto& x : needs())
    if (!x.tool.ends_with("_prompt"))
      result.push_back(x.tool);
  return result;
}

bool answer_with_inputs(const visit& x, const exchange_ptr& answer) {
  auto* what = [&]() -> const need* {
    for (auto& known : needs())
      if (known.tool == x.name)
        return &known;
    return nullptr;
  }();
  if (what == nullptr && x.name != rounds && x.name != able)
    return false;
  for (auto& [name, response] : x.responses.items())
    if (!response.is_object()) {
      answer->fail({code::invalid_params,
                    "inputResponses." + name + " is no object", std::nullopt});
      return true;
    }
  if (what != nullptr)
    serve(x, *what, answer);
  else if (x.name == rounds)
    serve_rounds(x, answer);
  else
    serve_able(x, answer);
  return true;
}

} // namespace machine::test
