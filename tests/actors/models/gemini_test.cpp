#include "tests/actors/models/asking.hpp"

using namespace machine;
using namespace machine::models;
using machine::test::asked;
using machine::test::attached;
using machine::test::encoded;
using machine::test::of_model;
using machine::test::said;
using nlohmann::json;

namespace {

chat_message result_for(const std::string& id, const std::string& text) {
  auto x = said(chat_role::tool, text);
  x.tool_call_id = id;
  return x;
}

/// The outcome of a stream of these events.
struct gemini_reading {
  std::unique_ptr<answer_reader> reader;
  answer_deltas deltas;
  caf::error problem;

  explicit gemini_reading(const std::vector<std::string>& events,
                          const std::string& model = "gemini-3-x")
      : reader(gemini_content()->make_reader({}, of_model(model))) {
    for (auto& data : events) {
      auto piece = reader->take({"message", data, ""});
      if (!piece) {
        problem = piece.error();
        return;
      }
      deltas.insert(deltas.end(), piece->begin(), piece->end());
    }
  }
};

std::string one_candidate(const std::string& all,
                          const std::string& reason = {}) {
  return R"({"candidates":[{"content":{"role":"model","parts":[)" + all + "]}"
       + (reason.empty() ? "" : R"(,"finishReason":")" + reason + "\"") + "}]}";
}

std::string counted_by(const std::string& members) {
  return R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":{)"
       + members + "}}";
}

} // namespace

TEST_CASE("a conversation is sent as contents of the Gemini API") {
  chat_request what;
  what.messages = {said(chat_role::system, "Be brief."),
                   said(chat_role::user, "Read a."),
                   said(chat_role::user, "And b.")};
  auto call = said(chat_role::assistant, "Gladly.");
  call.tool_calls = {{"c1", "read", {R"({"path":"a"})"}},
                     {"c2", "look", {"no object"}}};
  what.messages.push_back(call);
  what.messages.push_back(result_for("c2", "seen"));
  what.messages.push_back(result_for("c1", "text of a"));
  what.tools = {{"read", "Reads.", {R"({"type":"object"})"}},
                {"look", "Looks.", {"{}"}}};
  what.choice = tool_choice{tool_mode::named, "read"};
  what.max_output_tokens = 100;
  what.temperature = 0.5;
  what.draws.top_p = 0.9;
  what.draws.top_k = 40;
  what.draws.seed = 7;
  what.draws.frequency_penalty = 0.25;
  what.draws.presence_penalty = 0.75;
  what.draws.stop = {"END"};
  auto request = encoded(*gemini_content(), what, of_model("gemini-2.5-x"),
                         {"http://h/v1beta"});
  CHECK(request.url
        == "http://h/v1beta/models/gemini-2.5-x:streamGenerateContent?alt=sse");
  CHECK(json::parse(request.body) == json::parse(R"({
    "systemInstruction":{"parts":[{"text":"Be brief."}]},
    "contents":[
      {"role":"user","parts":[{"text":"Read a."},{"text":"And b."}]},
      {"role":"model","parts":[{"text":"Gladly."},
        {"functionCall":{"name":"read","args":{"path":"a"}}},
        {"functionCall":{"name":"look","args":{}}}]},
      {"role":"user","parts":[
        {"functionResponse":{"name":"look","response":{"output":"seen"}}},
        {"functionResponse":{"name":"read","response":{"output":"text of a"}}}]}],
    "tools":[{"functionDeclarations":[
      {"name":"read","description":"Reads.",
       "parametersJsonSchema":{"type":"object"}},
      {"name":"look","description":"Looks."}]}],
    "toolConfig":{"functionCallingConfig":{"mode":"ANY",
      "allowedFunctionNames":["read"]}},
    "generationConfig":{"maxOutputTokens":100,"temperature":0.5,"topP":0.9,
      "topK":40,"seed":7,"frequencyPenalty":0.25,"presencePenalty":0.75,
      "stopSequences":["END"]}})"));
}

TEST_CASE("the name of a model stays one part of the address") {
  auto url = [](const std::string& model) {
    return encoded(*gemini_content(), {}, of_model(model), {"http://h"}).url;
  };
  CHECK(url("models/gemini-x")
        == "http://h/models/gemini-x:streamGenerateContent?alt=sse");
  CHECK(url("a/../b?c:d")
        == "http://h/models/a%2F..%2Fb%3Fc%3Ad:streamGenerateContent?alt=sse");
}

TEST_CASE("tools are called as the request says") {
  auto mode = [](tool_mode x) {
    chat_request what;
    what.tools = {{"t", "", {"{}"}}};
    what.choice = tool_choice{x, ""};
    return asked(*gemini_content(),
                 what)["toolConfig"]["functionCallingConfig"]["mode"];
  };
  CHECK(mode(tool_mode::automatic) == "AUTO");
  CHECK(mode(tool_mode::none) == "NONE");
  CHECK(mode(tool_mode::required) == "ANY");
  chat_request none;
  none.choice = tool_choice{tool_mode::required, ""};
  CHECK(!asked(*gemini_content(), none).contains("toolConfig"));
}

TEST_CASE("what is attached is sent inside, or as an address") {
  auto x = said(chat_role::user, "See this.");
  x.attachments = {
    attached(attachment_kind::cache_point, 0),
    attached(attachment_kind::image, 4, "image/png", "QUJD"),
    attached(attachment_kind::audio, 9, "audio/wav", "", "https://h/a"),
    attached(attachment_kind::document, 9, "", "", "https://h/d")};
  chat_request what;
  what.messages = {x};
  CHECK(asked(*gemini_content(), what)["contents"][0]["parts"]
        == json::parse(R"([
    {"text":"See "},
    {"inlineData":{"mimeType":"image/png","data":"QUJD"}},
    {"text":"this."},
    {"fileData":{"fileUri":"https://h/a","mimeType":"audio/wav"}},
    {"fileData":{"fileUri":"https://h/d"}}])"));
}

TEST_CASE("what tools attach follows all results of their turn") {
  chat_request what;
  auto call = said(chat_role::assistant, "");
  call.tool_calls = {{"c1", "see", {"{}"}}, {"c2", "see", {"{}"}}};
  auto first = result_for("c1", "one");
  first.attachments = {
    attached(attachment_kind::image, 3, "image/png", "QUJD")};
  what.messages = {said(chat_role::user, "Go."), call, first,
                   result_for("c2", "two"), said(chat_role::user, "Well?")};
  CHECK(asked(*gemini_content(), what, of_model("gemini-2.5-x"))["contents"][2]
        == json::parse(R"({"role":"user","parts":[
    {"functionResponse":{"name":"see","response":{"output":"one"}}},
    {"functionResponse":{"name":"see","response":{"output":"two"}}},
    {"text":"From the result of c1:"},
    {"inlineData":{"mimeType":"image/png","data":"QUJD"}},
    {"text":"Well?"}]})"));
}

TEST_CASE("an answer by a schema is bound to it, or told of it") {
  chat_request what;
  what.output_schema = json_text{R"({"type":"object"})"};
  auto bound = asked(*gemini_content(), what, of_model("gemini-2.5-x"));
  CHECK(bound["generationConfig"]["responseMimeType"] == "application/json");
  CHECK(bound["generationConfig"]["responseJsonSchema"]["type"] == "object");
  what.tools = {{"t", "", {"{}"}}};
  auto told = asked(*gemini_content(), what, of_model("gemini-2.5-x"));
  CHECK(!told["generationConfig"].contains("responseMimeType"));
  CHECK(told["systemInstruction"]["parts"][0]["text"].get<std::string>().find(
          R"({"type":"object"})")
        != std::string::npos);
  auto both = asked(*gemini_content(), what, of_model("gemini-3-x"));
  CHECK(both["generationConfig"].contains("responseJsonSchema"));
  CHECK(!both.contains("systemInstruction"));
  chat_request plain;
  plain.json_output = true;
  CHECK(asked(*gemini_content(), plain)["generationConfig"]["responseMimeType"]
        == "application/json");
}

TEST_CASE("how hard a model is to think is said in its generation's way") {
  auto thinking = [](const std::string& model, const std::string& effort,
                     std::optional<uint32_t> tokens = {}) {
    chat_request what;
    what.reasoning_effort = effort;
    what.reasoning_tokens = tokens;
    auto config =
      asked(*gemini_content(), what, of_model(model))["generationConfig"];
    return config.value("thinkingConfig", json::object());
  };
  CHECK(thinking("gemini-2.5-x", "").empty());
  CHECK(thinking("gemini-2.5-x", "none") == json{{"thinkingBudget", 0}});
  CHECK(thinking("gemini-2.5-x", "medium")
        == json{{"thinkingBudget", 8'192}, {"includeThoughts", true}});
  CHECK(thinking("gemini-3-x", "low")
        == json{{"thinkingLevel", "LOW"}, {"includeThoughts", true}});
  CHECK(thinking("gemini-3-x", "none") == json{{"thinkingLevel", "MINIMAL"}});
  CHECK(thinking("gemini-3-x", "max")["thinkingLevel"] == "HIGH");
  CHECK(thinking("gemini-3-x", "", 2'000)
        == json{{"thinkingBudget", 2'000}, {"includeThoughts", true}});
}

TEST_CASE("signed parts go back as they came to the model that signed them") {
  gemini_reading x{
    {one_candidate(R"({"text":"Thinking","thought":true})"),
     one_candidate(R"({"text":"Let me "},{"text":"see. "})"),
     one_candidate(R"({"text":"So:","thoughtSignature":"s0"})"),
     one_candidate(
       R"({"functionCall":{"id":"g1","name":"read","args":{"path":"a"}},"thoughtSignature":"s1"},{"functionCall":{"name":"look","args":{}}})"),
     one_candidate(R"({"text":"","thoughtSignature":"s2"})", "STOP")}};
  REQUIRE(!x.problem);
  auto answer = x.reader->response();
  REQUIRE(answer);
  CHECK(answer->message.content == "Let me see. So:");
  CHECK(answer->message.tool_calls
        == std::vector<tool_call>{{"g1", "read", {R"({"path":"a"})"}},
                                  {"call_0_1", "look", {"{}"}}});
  CHECK(answer->stop == stop_reason::tool_use);
  chat_request next;
  next.messages = {answer->message, result_for("g1", "A"),
                   result_for("call_0_1", "B")};
  auto contents =
    asked(*gemini_content(), next, of_model("gemini-3-x"))["contents"];
  CHECK(contents == json::parse(R"([
    {"role":"model","parts":[
      {"text":"Let me see. "},
      {"text":"So:","thoughtSignature":"s0"},
      {"functionCall":{"id":"g1","name":"read","args":{"path":"a"}},
       "thoughtSignature":"s1"},
      {"functionCall":{"name":"look","args":{}}},
      {"text":"","thoughtSignature":"s2"}]},
    {"role":"user","parts":[
      {"functionResponse":{"id":"g1","name":"read","response":{"output":"A"}}},
      {"functionResponse":{"name":"look","response":{"output":"B"}}}]}])"));
  // Another model insists on a signature, and has the documented stand-in.
  auto other =
    asked(*gemini_content(), next, of_model("gemini-3-y"))["contents"][0];
  CHECK(other["parts"] == json::parse(R"([
    {"text":"Let me see. So:"},
    {"functionCall":{"name":"read","args":{"path":"a"}},
     "thoughtSignature":"skip_thought_signature_validator"},
    {"functionCall":{"name":"look","args":{}}}])"));
  auto early =
    asked(*gemini_content(), next, of_model("gemini-2.5-x"))["contents"][0];
  CHECK(early.dump().find("thoughtSignature") == std::string::npos);
}

TEST_CASE("it is told why a model of Google stopped") {
  auto stop = [](const std::string& reason) {
    gemini_reading x{{one_candidate(R"({"text":"x"})", reason)}};
    if (x.problem)
      FAIL(render(x.problem));
    CHECK(x.reader->may_end());
    return x.reader->response()->stop;
  };
  CHECK(stop("STOP") == stop_reason::finished);
  CHECK(stop("MAX_TOKENS") == stop_reason::length);
  for (auto* x : {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST",
                  "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"}) {
    CAPTURE(x);
    CHECK(stop(x) == stop_reason::refused);
  }
  // What nobody knew of when this was written.
  CHECK(stop("TOMORROW") == stop_reason::finished);
  CHECK(stop("OTHER") == stop_reason::finished);
  auto code = [](const std::string& event) {
    return code_of(gemini_reading{{event}}.problem);
  };
  CHECK(code(one_candidate("", "MALFORMED_FUNCTION_CALL"))
        == ec::provider_garbled);
  CHECK(code(one_candidate("", "OTHER")) == ec::provider_failed);
}

TEST_CASE("a prompt that is not answered for its content is told so") {
  gemini_reading x{
    {R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":12,"totalTokenCount":12},"modelVersion":"g"})"}};
  CHECK(code_of(x.problem) == ec::content_refused);
  CHECK(message_of(x.problem).find("PROHIBITED_CONTENT") != std::string::npos);
  // What it cost is known.
  CHECK(x.reader->usage() == token_usage{12, 0, 0});
}

TEST_CASE("what fails in a stream of Google is told apart") {
  auto code = [](const std::string& error) {
    return code_of(gemini_reading{{R"({"error":)" + error + "}"}}.problem);
  };
  CHECK(code(R"({"code":503,"message":"m","status":"UNAVAILABLE"})")
        == ec::provider_failed);
  CHECK(code(R"({"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"})")
        == ec::provider_rate_limited);
  CHECK(
    code(
      R"({"code":400,"message":"The input token count exceeds the maximum","status":"INVALID_ARGUMENT"})")
    == ec::context_exceeded);
}

TEST_CASE("tokens of Google are counted once each") {
  auto counted = [](const std::string& members) {
    gemini_reading x{{counted_by(members)}};
    REQUIRE(!x.problem);
    return x.reader->response()->usage;
  };
  auto x = counted(
    R"("promptTokenCount":1000,"cachedContentTokenCount":600,"candidatesTokenCount":50,"thoughtsTokenCount":30,"toolUsePromptTokenCount":20,"totalTokenCount":1100,
       "promptTokensDetails":[{"modality":"AUDIO","tokenCount":400},{"modality":"IMAGE","tokenCount":258},{"modality":"TEXT","tokenCount":342}],
       "cacheTokensDetails":[{"modality":"AUDIO","tokenCount":300},{"modality":"TEXT","tokenCount":300}],
       "candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":40},{"modality":"TEXT","tokenCount":10}])");
  REQUIRE(x);
  CHECK(x->cached == 600);
  CHECK(x->audio == 100);
  CHECK(x->image == 258);
  // 1,000 - 600 - 100 - 258, and what was read by its own tools.
  CHECK(x->input == 62);
  CHECK(prompt_tokens(*x) == 1'020);
  CHECK(x->audio_output == 40);
  CHECK(x->output == 40);
  CHECK(x->reasoning == 30);
  CHECK(answer_tokens(*x) == 80);
  // Parts that are more than the whole.
  auto odd = counted(
    R"("promptTokenCount":10,"cachedContentTokenCount":600,"candidatesTokenCount":5,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":900}])");
  CHECK(odd == token_usage{0, 10, 5});
  CHECK(!counted(R"("promptTokenCount":null,"candidatesTokenCount":5)"));
  CHECK(!counted(R"("promptTokenCount":9)"));
  CHECK(!counted(R"("promptTokenCount":0,"candidatesTokenCount":0)"));
}

TEST_CASE("counts that came before the end are none of the whole") {
  gemini_reading x{
    {R"({"candidates":[{"content":{"parts":[{"text":"x"}]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1}})",
     one_candidate("", "STOP")}};
  CHECK(!x.reader->complete());
  CHECK(x.reader->may_end());
  CHECK(!x.reader->response()->usage);
  CHECK(x.reader->usage() == token_usage{9, 0, 1});
}

TEST_CASE("a whole document of Google is read, and a list of events, too") {
  auto document =
    R"({"candidates":[{"content":{"parts":[{"text":"Hi"},{"functionCall":{"name":"t","args":{"n":1}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2},"modelVersion":"g-1"})";
  auto one = gemini_content()->read_whole(document, {}, of_model("g"));
  auto list = gemini_content()->read_whole(
    std::string{R"([{"candidates":[{"content":{"parts":[{"text":"H"}]}}]},)"}
      + R"({"candidates":[{"content":{"parts":[{"text":"i"},{"functionCall":{"name":"t","args":{"n":1}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2},"modelVersion":"g-1"}])",
    {}, of_model("g"));
  for (auto* x : {&one, &list}) {
    REQUIRE(*x);
    CHECK((*x)->message.content == "Hi");
    CHECK((*x)->message.tool_calls
          == std::vector<tool_call>{{"call_0_0", "t", {R"({"n":1})"}}});
    CHECK((*x)->usage == token_usage{9, 0, 2});
    CHECK((*x)->model == "g-1");
  }
  auto code = [](const char* body) {
    auto y = gemini_content()->read_whole(body, {}, {});
    return y ? ec::none : code_of(y.error());
  };
  CHECK(code(R"([{"error":{"code":429,"message":"m"}}])")
        == ec::provider_rate_limited);
  CHECK(code("{}") == ec::provider_garbled);
  CHECK(code("[1]") == ec::provider_garbled);
  CHECK(code("no") == ec::provider_garbled);
}

TEST_CASE("an answer of Google is bounded") {
  std::string calls;
  for (int i = 0; i < 129; ++i)
    calls +=
      (i == 0 ? "" : ",") + std::string{R"({"functionCall":{"name":"t"}})"};
  CHECK(code_of(gemini_reading{{one_candidate(calls)}}.problem)
        == ec::provider_garbled);
  std::string text(600'000, 'x');
  auto piece = one_candidate(R"({"text":")" + text + "\"}");
  CHECK(!gemini_reading{{piece}}.problem);
  CHECK(code_of(gemini_reading{{piece, piece}}.problem)
        == ec::provider_garbled);
  // Arguments that could not be read back become a text.
  std::string deep(60, '[');
  gemini_reading nested{
    {one_candidate(R"({"functionCall":{"name":"t","args":{"a":)" + deep
                   + std::string(60, ']') + "}}}")}};
  if (!nested.problem)
    CHECK(nested.reader->response()->message.tool_calls[0].arguments.text[0]
          == '"');
}
