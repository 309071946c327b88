#include "gateway/proxy/thoughts.hpp"
#include "tests/gateway/proxy/response_reading.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;

namespace {

using part = models::answer_delta::kind_type;
using models::stop_reason;

/// How an answer ends whose pieces have been told.
models::chat_response end_of_response(stop_reason why = stop_reason::finished) {
  models::chat_response x;
  x.message.role = models::chat_role::assistant;
  x.stop = why;
  return x;
}

response_reading
read_stream(const models::answer_deltas& pieces,
            const models::chat_response& whole = end_of_response()) {
  return response_reading{
    streamed(*responses_front(), facts(), {}, pieces, whole)};
}

std::string sealed(thought_seal::kind_type kind, const std::string& content,
                   const std::string& model = "claude-x") {
  return to_text({kind, "anthropic", model, content});
}

std::string signature(const std::string& content) {
  return sealed(thought_seal::kind_type::signature, content);
}

} // namespace

TEST_CASE("a text streams as a response to the letter") {
  auto out = responses_front()->stream(facts(), {});
  auto head = std::string{out->begin()};
  CHECK(head.starts_with(
    "event: response.created\n"
    R"(data: {"type":"response.created","sequence_number":0,"response":)"
    R"({"id":"resp_x1","object":"response","created_at":1700000000,)"
    R"("status":"in_progress","background":false,"error":null,)"
    R"("incomplete_details":null,"model":"small","output":[],)"
    R"("previous_response_id":null,"service_tier":"default","store":false,)"
    R"("top_logprobs":0,"truncation":"disabled","usage":null,)"
    R"("instructions":null,)"));
  CHECK(out->begin().empty());
  CHECK(out->add({part::text, "A \"b\""})
        == "event: response.output_item.added\n"
           R"(data: {"type":"response.output_item.added","sequence_number":2,)"
           R"("output_index":0,"item":{"id":"msg_x1_0","type":"message",)"
           R"("status":"in_progress","content":[],"role":"assistant"}})"
           "\n\nevent: response.content_part.added\n"
           R"(data: {"type":"response.content_part.added","sequence_number":3,)"
           R"("item_id":"msg_x1_0","output_index":0,"content_index":0,"part":)"
           R"({"type":"output_text","annotations":[],"logprobs":[],"text":""}})"
           "\n\nevent: response.output_text.delta\n"
           R"(data: {"type":"response.output_text.delta","sequence_number":4,)"
           R"("item_id":"msg_x1_0","output_index":0,"content_index":0,)"
           R"("delta":"A \"b\"","logprobs":[]})"
           "\n\n");
  CHECK(out->add({part::text, ""}).empty());
  CHECK(out->add({part::text, "\n"})
        == "event: response.output_text.delta\n"
           R"(data: {"type":"response.output_text.delta","sequence_number":5,)"
           R"("item_id":"msg_x1_0","output_index":0,"content_index":0,)"
           R"("delta":"\n","logprobs":[]})"
           "\n\n");
  auto tail = std::string{out->finish(end_of_response())};
  CHECK(tail.starts_with(
    "event: response.output_text.done\n"
    R"(data: {"type":"response.output_text.done","sequence_number":6,)"
    R"("item_id":"msg_x1_0","output_index":0,"content_index":0,)"
    R"("text":"A \"b\"\n","logprobs":[]})"
    "\n\n"));
}

TEST_CASE("a response without output is one all the same") {
  auto x = read_stream({});
  CHECK(x.types
        == std::vector<std::string>{"response.created", "response.in_progress",
                                    "response.completed"});
}

TEST_CASE("the calls of a response come one after the other") {
  auto x = read_stream({{part::tool, {}, 0, "c1", "read"},
                        {part::arguments, R"({"a":)", 0},
                        {part::tool, {}, 1, "c2", "stop"},
                        {part::arguments, R"({"b":"}")", 1},
                        {part::arguments, "1}", 0},
                        {part::arguments, "}", 1},
                        {part::tool, {}, 2, "c3", "now"},
                        {part::text, "Done."},
                        {part::arguments, "\n", 1}},
                       end_of_response(stop_reason::tool_use));
  REQUIRE(x.output.size() == 4);
  CHECK(x.output[0]
        == json::parse(
          R"({"id":"fc_x1_0","type":"function_call","status":"completed",)"
          R"("call_id":"c1","name":"read","arguments":"{\"a\":1}"})"));
  CHECK(x.output[1]["arguments"] == R"({"b":"}"})");
  CHECK(x.output[2]["arguments"] == "{}");
  CHECK(x.output[3]["content"][0]["text"] == "Done.");
}

TEST_CASE("what only its provider can read is a thought of its own") {
  auto x = read_stream({{part::redacted, "R="},
                        {part::signature, "S="},
                        {part::signature, "T="},
                        {part::thought, "Hm."},
                        {part::signature, "U="},
                        {part::thought, "So."},
                        {part::text, "Yes."}});
  REQUIRE(x.output.size() == 6);
  CHECK(x.output[0]["summary"].empty());
  CHECK(x.output[0]["encrypted_content"]
        == sealed(thought_seal::kind_type::whole, "R="));
  CHECK(x.output[1]["summary"].empty());
  CHECK(x.output[1]["encrypted_content"] == signature("S="));
  CHECK(x.output[2]["encrypted_content"] == signature("T="));
  CHECK(x.output[3]["summary"][0]["text"] == "Hm.");
  CHECK(x.output[3]["encrypted_content"] == signature("U="));
  CHECK(x.output[4]["summary"][0]["text"] == "So.");
  CHECK(!x.output[4].contains("encrypted_content"));
}

TEST_CASE("a response that was cut off is incomplete, as its last item is") {
  auto end = [](stop_reason why) {
    return read_stream({{part::thought, "Hm."}, {part::text, "On"}},
                       end_of_response(why))
      .document;
  };
  auto x = end(stop_reason::length);
  CHECK(x["status"] == "incomplete");
  CHECK(x["incomplete_details"]["reason"] == "max_output_tokens");
  CHECK(x["output"][1]["status"] == "incomplete");
  CHECK(end(stop_reason::refused)["incomplete_details"]["reason"]
        == "content_filter");
  x = end(stop_reason::stop_text);
  CHECK(x["status"] == "completed");
  CHECK(x["incomplete_details"].is_null());
  CHECK(x["output"][1]["status"] == "completed");
  // Nobody has counted.
  CHECK(x["usage"].is_null());
}

TEST_CASE("a response that fails in its middle says why, twice") {
  auto out = responses_front()->stream(facts(), {});
  std::string bytes{out->add({part::text, "So"})};
  bytes += out->add({part::tool, {}, 0, "c1", "read"});
  bytes += out->add({part::arguments, R"({"a":)", 0});
  bytes += out->fail({make_error(ec::provider_interrupted, "it \"broke\"")});
  response_reading x{bytes};
  CHECK(x.error["code"] == "bad_gateway");
  CHECK(x.error["message"] == "it \"broke\"");
  CHECK(x.error["error"]
        == json::parse(R"({"type":"server_error","code":"bad_gateway",)"
                       R"("message":"it \"broke\"","param":null})"));
  CHECK(x.document["status"] == "failed");
  CHECK(x.document["error"]
        == json::parse(R"({"code":"bad_gateway","message":"it \"broke\""})"));
  CHECK(x.output[0]["status"] == "completed");
  CHECK(x.output[1]["status"] == "incomplete");
  CHECK(x.output[1]["arguments"] == R"({"a":)");
}

TEST_CASE("a response may fail before it has said anything") {
  auto out = responses_front()->stream(facts(), {});
  response_reading x{out->fail({make_error(ec::budget_exceeded, "no money")})};
  CHECK(x.types
        == std::vector<std::string>{"response.created", "response.in_progress",
                                    "error", "response.failed"});
  CHECK(x.document["error"]["code"] == "insufficient_quota");
}

TEST_CASE("another model goes on with a response's text, and not with more") {
  auto next = facts();
  next.model = "large";
  next.provider_model = "claude-y";
  auto out = responses_front()->stream(facts(), {});
  std::string bytes{out->add({part::thought, "Hm"})};
  bytes += out->hand_over(next, false);
  bytes += out->add({part::thought, "Well."});
  bytes += out->add({part::signature, "S="});
  bytes += out->add({part::text, "Yes, "});
  bytes += out->hand_over(facts(), false);
  bytes += out->add({part::text, "and no."});
  bytes += out->add({part::tool, {}, 0, "c1", "read"});
  bytes += out->add({part::arguments, R"({"a":)", 0});
  bytes += out->add({part::tool, {}, 1, "c2", "read"});
  bytes += out->add({part::arguments, R"({"b":2})", 1});
  bytes += out->hand_over(next, false);
  bytes += out->add({part::tool, {}, 0, "c3", "write"});
  bytes += out->add({part::arguments, R"({"c":3})", 0});
  bytes += out->finish(end_of_response(stop_reason::tool_use));
  response_reading x{bytes};
  CHECK(x.document["model"] == "large");
  REQUIRE(x.output.size() == 6);
  CHECK(!x.output[0].contains("encrypted_content"));
  CHECK(x.output[1]["encrypted_content"]
        == sealed(thought_seal::kind_type::signature, "S=", "claude-y"));
  CHECK(x.output[2]["content"][0]["text"] == "Yes, and no.");
  CHECK(x.output[3]["arguments"] == R"({"a":)");
  CHECK(x.output[4]["arguments"] == R"({"b":2})");
  CHECK(x.output[4]["status"] == "completed");
  CHECK(x.output[5]["arguments"] == R"({"c":3})");
}

TEST_CASE("a whole response to the letter") {
  auto answer = end_of_response(stop_reason::tool_use);
  answer.message.content = "I \"read\".";
  answer.message.tool_calls = {{"c1", "read", {R"({"a":1})"}}};
  answer.usage = models::token_usage{.input = 3, .output = 2};
  auto about = facts();
  about.thoughts = "Hm.";
  answer_manner manner;
  manner.repeats = R"({"instructions":"Be brief."})";
  CHECK(
    responses_front()->write(answer, about, manner)
    == R"({"id":"resp_x1","object":"response","created_at":1700000000,)"
       R"("status":"completed","background":false,"error":null,)"
       R"("incomplete_details":null,"model":"small","output":[)"
       R"({"id":"rs_x1_0","type":"reasoning","summary":[)"
       R"({"type":"summary_text","text":"Hm."}]},)"
       R"({"id":"msg_x1_1","type":"message","status":"completed","content":[)"
       R"({"type":"output_text","annotations":[],"logprobs":[],)"
       R"("text":"I \"read\"."}],"role":"assistant"},)"
       R"({"id":"fc_x1_2","type":"function_call","status":"completed",)"
       R"("arguments":"{\"a\":1}","call_id":"c1","name":"read"}],)"
       R"("previous_response_id":null,"service_tier":"default","store":false,)"
       R"("top_logprobs":0,"truncation":"disabled","usage":{"input_tokens":3,)"
       R"("input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},)"
       R"("output_tokens":2,"output_tokens_details":{"reasoning_tokens":0},)"
       R"("total_tokens":5},"instructions":"Be brief."})");
}
