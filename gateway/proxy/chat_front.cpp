#include "gateway/proxy/chat_request.hpp"
#include "gateway/proxy/chat_stream.hpp"
#include "gateway/proxy/endings.hpp"
#include "gateway/proxy/thoughts.hpp"

namespace machine::gateway::proxy {

using models::chat_response;
using models::tool_call;

namespace {

void write_call(json_out& out, const tool_call& x) {
  out.comma().raw(R"({"id":)").text(x.id);
  out.raw(R"(,"type":"function","function":{"name":)").text(x.name);
  out.raw(R"(,"arguments":)").text(x.arguments.text).raw("}}");
}

void write_message(json_out& out, const chat_response& answer,
                   const std::string& thoughts, bool legacy_calls) {
  auto& message = answer.message;
  out.raw(R"({"role":"assistant","content":)");
  if (message.content.empty() && !message.tool_calls.empty())
    out.raw("null");
  else
    out.text(message.content);
  if (!thoughts.empty())
    out.raw(R"(,"reasoning_content":)").text(thoughts);
  out.raw(R"(,"refusal":null,"annotations":[])");
  if (message.tool_calls.empty()) {
    out.raw("}");
    return;
  }
  if (legacy_calls) {
    auto& call = message.tool_calls.front();
    out.raw(R"(,"function_call":{"name":)").text(call.name);
    out.raw(R"(,"arguments":)").text(call.arguments.text).raw("}}");
    return;
  }
  out.raw(R"(,"tool_calls":[)");
  for (auto& call : message.tool_calls)
    write_call(out, call);
  out.raw("]}");
}

class chat_completions final : public front {
public:
  caf::expected<asked> read(std::string_view body) const override {
    return read_chat_request(body);
  }

  std::string write(const chat_response& answer, const answer_facts& facts,
                    const answer_manner& manner) const override {
    std::string thoughts;
    for (auto& x : parts_of(answer, facts))
      if (x.kind == answer_part::kind_type::thought && !x.text.empty())
        thoughts += (thoughts.empty() ? "" : "\n\n") + x.text;
    json_out out;
    out.raw(R"({"id":"chatcmpl-)").escaped(facts.id);
    out.raw(R"(","object":"chat.completion","created":)");
    out.number(seconds_of(facts.created));
    out.raw(R"(,"model":)").text(facts.model);
    out.raw(R"(,"choices":[{"index":0,"message":)");
    write_message(out, answer, thoughts, manner.legacy_calls);
    out.raw(R"(,"logprobs":null,"finish_reason":)");
    out.text(chat_finish(answer.stop, manner.legacy_calls)).raw("}]");
    if (answer.usage) {
      out.raw(R"(,"usage":)");
      write_chat_usage(out, *answer.usage);
    }
    out.raw(R"(,"service_tier":"default","system_fingerprint":null})");
    return out.take();
  }

  std::unique_ptr<stream_writer>
  stream(const answer_facts& facts,
         const answer_manner& manner) const override {
    return write_chat_stream(facts, manner);
  }

  reply refuse(const failure& why) const override {
    return openai_refusal(why);
  }
};

} // namespace

std::shared_ptr<const front> chat_front() {
  return std::make_shared<chat_completions>();
}

} // namespace machine::gateway::proxy
