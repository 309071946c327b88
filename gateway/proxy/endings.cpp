#include "gateway/proxy/endings.hpp"

namespace machine::gateway::proxy {

using models::stop_reason;
using models::sum_of_tokens;
using models::token_usage;

namespace {

uint64_t written_to_cache(const token_usage& x) {
  return sum_of_tokens({x.cache_write, x.cache_write_hour});
}

} // namespace

std::string_view chat_finish(stop_reason why, bool legacy_calls) {
  switch (why) {
    case stop_reason::tool_use:
      return legacy_calls ? "function_call" : "tool_calls";
    case stop_reason::length: return "length";
    case stop_reason::refused: return "content_filter";
    default: return "stop";
  }
}

std::string_view messages_stop(stop_reason why) {
  switch (why) {
    case stop_reason::tool_use: return "tool_use";
    case stop_reason::length: return "max_tokens";
    case stop_reason::refused: return "refusal";
    case stop_reason::stop_text: return "stop_sequence";
    default: return "end_turn";
  }
}

std::string_view incomplete_reason(stop_reason why) {
  switch (why) {
    case stop_reason::length: return "max_output_tokens";
    case stop_reason::refused: return "content_filter";
    default: return {};
  }
}

void write_chat_usage(json_out& out, const token_usage& x) {
  auto prompt = prompt_tokens(x);
  auto answer = answer_tokens(x);
  out.raw(R"({"prompt_tokens":)").number(prompt);
  out.raw(R"(,"completion_tokens":)").number(answer);
  out.raw(R"(,"total_tokens":)").number(sum_of_tokens({prompt, answer}));
  out.raw(R"(,"prompt_tokens_details":{"cached_tokens":)").number(x.cached);
  out.raw(R"(,"audio_tokens":)").number(x.audio);
  out.raw(R"(,"cache_write_tokens":)").number(written_to_cache(x));
  if (x.image > 0)
    out.raw(R"(,"image_tokens":)").number(x.image);
  out.raw(R"(},"completion_tokens_details":{"reasoning_tokens":)");
  out.number(x.reasoning);
  out.raw(R"(,"audio_tokens":)").number(x.audio_output);
  out.raw(R"(,"accepted_prediction_tokens":0,)");
  out.raw(R"("rejected_prediction_tokens":0}})");
}

void write_response_usage(json_out& out, const token_usage& x) {
  auto prompt = prompt_tokens(x);
  auto answer = answer_tokens(x);
  out.raw(R"({"input_tokens":)").number(prompt);
  out.raw(R"(,"input_tokens_details":{"cached_tokens":)").number(x.cached);
  out.raw(R"(,"cache_write_tokens":)").number(written_to_cache(x));
  out.raw(R"(},"output_tokens":)").number(answer);
  out.raw(R"(,"output_tokens_details":{"reasoning_tokens":)");
  out.number(x.reasoning);
  out.raw(R"(},"total_tokens":)").number(sum_of_tokens({prompt, answer}));
  out.raw("}");
}

void write_messages_usage(json_out& out, const token_usage& x) {
  out.raw(R"("input_tokens":)");
  out.number(sum_of_tokens({x.input, x.image, x.audio}));
  out.raw(R"(,"cache_creation_input_tokens":)").number(written_to_cache(x));
  out.raw(R"(,"cache_read_input_tokens":)").number(x.cached);
  out.raw(R"(,"cache_creation":{"ephemeral_5m_input_tokens":)");
  out.number(x.cache_write);
  out.raw(R"(,"ephemeral_1h_input_tokens":)").number(x.cache_write_hour);
  out.raw(R"(},"output_tokens":)").number(answer_tokens(x));
  out.raw(R"(,"output_tokens_details":{"thinking_tokens":)");
  out.number(x.reasoning).raw("}");
}

void write_takeover(json_out& out, const answer_facts& to, bool restarts) {
  out.raw(R"({"takeover":)").raw(restarts ? R"("restart")" : R"("continue")");
  out.raw(R"(,"model":)").text(to.model).raw("}");
}

} // namespace machine::gateway::proxy
