#include "gateway/proxy/messages_stream.hpp"

#include "gateway/proxy/call_order.hpp"
#include "gateway/proxy/endings.hpp"
#include "gateway/proxy/thoughts.hpp"

namespace machine::gateway::proxy {

using models::answer_delta;
using models::chat_response;
using models::stop_reason;

namespace {

/// What is known before the provider has counted.
models::token_usage usage_of(const answer_facts& facts,
                             const chat_response* answer) {
  if (answer != nullptr && answer->usage)
    return *answer->usage;
  return {.input = facts.prompt_estimate};
}

class message_stream final : public stream_writer {
public:
  explicit message_stream(const answer_facts& facts) : facts_(facts) {}

  std::string_view begin() override {
    out_.clear();
    begin_once();
    return out_.view();
  }

  std::string_view add(const answer_delta& piece) override {
    out_.clear();
    begin_once();
    order_.take(piece, [this](const answer_delta& x) { tell(x); });
    return out_.view();
  }

  std::string_view finish(const chat_response& whole) override {
    out_.clear();
    begin_once();
    order_.flush([this](const answer_delta& x) { tell(x); });
    end_block();
    out_.raw("event: message_delta\ndata: {\"type\":\"message_delta\",");
    out_.raw(R"("delta":{)");
    write_message_stop(out_, whole);
    out_.raw(R"(,"container":null},"usage":{)");
    write_messages_usage(out_, usage_of(facts_, &whole));
    out_.raw(R"(,"server_tool_use":null}})").raw("\n\n");
    out_.raw("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    return out_.view();
  }

  std::string_view fail(const failure& why) override {
    out_.clear();
    out_.raw("event: error\ndata: ").raw(anthropic_error_body(why));
    out_.raw("\n\n");
    return out_.view();
  }

  std::string_view keep_alive() override {
    return "event: ping\ndata: {\"type\":\"ping\"}\n\n";
  }

  std::string_view hand_over(const answer_facts& to, bool restarts) override {
    out_.clear();
    // Others begin with thoughts and calls of their own.
    order_.flush([this](const answer_delta& x) { tell(x); });
    if (open_ != kind::text || restarts)
      end_block();
    facts_.model = to.model;
    facts_.protocol = to.protocol;
    facts_.provider_model = to.provider_model;
    out_.raw("event: ping\ndata: {\"type\":\"ping\",\"machine\":");
    write_takeover(out_, to, restarts);
    out_.raw("}\n\n");
    return out_.view();
  }

private:
  enum class kind : uint8_t { none, text, thought, call };

  void begin_once() {
    if (begun_)
      return;
    begun_ = true;
    out_.raw("event: message_start\ndata: {\"type\":\"message_start\",");
    out_.raw(R"("message":{)");
    write_message_head(out_, facts_);
    out_.raw(R"(,"content":[])");
    write_message_tail(out_, facts_, nullptr);
    out_.raw("}}\n\n");
  }

  void tell(const answer_delta& x) {
    using piece = answer_delta::kind_type;
    switch (x.kind) {
      case piece::text:
        if (!x.text.empty())
          add_text(x.text);
        break;
      case piece::thought: add_thought(x.text); break;
      case piece::signature:
        if (open_ != kind::thought)
          begin_thought();
        signature_ += x.text;
        break;
      case piece::redacted: add_redacted(x.text); break;
      case piece::tool: begin_call(x); break;
      case piece::arguments:
        if (!x.text.empty())
          add_delta(R"("input_json_delta","partial_json":")", x.text);
        break;
    }
  }

  /// *members* are those of the block after its type.
  void begin_block(kind what, std::string_view members) {
    end_block();
    open_ = what;
    out_.raw("event: content_block_start\ndata: ");
    out_.raw(R"({"type":"content_block_start","index":)").number(blocks_);
    out_.raw(R"(,"content_block":{"type":)").raw(members).raw("}}\n\n");
    frame_ = "event: content_block_delta\ndata: "
             R"({"type":"content_block_delta","index":)"
           + std::to_string(blocks_) + R"(,"delta":{"type":)";
  }

  void add_delta(std::string_view type, std::string_view text) {
    out_.raw(frame_).raw(type).escaped(text).raw("\"}}\n\n");
  }

  void add_text(std::string_view text) {
    if (open_ != kind::text)
      begin_block(kind::text, R"("text","text":"","citations":null)");
    add_delta(R"("text_delta","text":")", text);
  }

  void begin_thought() {
    begin_block(kind::thought, R"("thinking","thinking":"","signature":"")");
  }

  void add_thought(std::string_view text) {
    if (text.empty())
      return;
    // A signature is the end of a thought.
    if (open_ != kind::thought || !signature_.empty())
      begin_thought();
    add_delta(R"("thinking_delta","thinking":")", text);
  }

  void add_redacted(const std::string& content) {
    auto seal = to_text({thought_seal::kind_type::whole, facts_.protocol,
                         facts_.provider_model, content});
    if (seal.empty())
      return;
    json_out members;
    members.raw(R"("redacted_thinking","data":)").text(seal);
    begin_block(kind::text, members.view());
    end_block();
  }

  void begin_call(const answer_delta& x) {
    json_out members;
    members.raw(R"("tool_use","id":)").text(x.id);
    members.raw(R"(,"name":)").text(x.name);
    members.raw(R"(,"input":{},"caller":{"type":"direct"})");
    begin_block(kind::call, members.view());
  }

  void end_block() {
    if (open_ == kind::none)
      return;
    // One seal a thought: clients keep the last alone.
    auto seal = to_text({thought_seal::kind_type::signature, facts_.protocol,
                         facts_.provider_model, signature_});
    if (open_ == kind::thought && !seal.empty())
      add_delta(R"("signature_delta","signature":")", seal);
    signature_.clear();
    out_.raw("event: content_block_stop\ndata: ");
    out_.raw(R"({"type":"content_block_stop","index":)").number(blocks_++);
    out_.raw("}\n\n");
    open_ = kind::none;
  }

  answer_facts facts_;
  json_out out_;
  call_order order_;
  bool begun_ = false;
  kind open_ = kind::none;
  size_t blocks_ = 0;
  /// What the deltas of the block that is open begin with.
  std::string frame_;
  std::string signature_;
};

} // namespace

std::unique_ptr<stream_writer> write_message_stream(const answer_facts& facts) {
  return std::make_unique<message_stream>(facts);
}

void write_message_head(json_out& out, const answer_facts& facts) {
  out.raw(R"("id":"msg_)").escaped(facts.id);
  out.raw(R"(","type":"message","role":"assistant","model":)");
  out.text(facts.model);
}

void write_message_stop(json_out& out, const chat_response& answer) {
  out.raw(R"("stop_reason":)").text(messages_stop(answer.stop));
  auto text = answer.stop == stop_reason::stop_text ? answer.stop_text : "";
  out.raw(R"(,"stop_sequence":)").text_or_null(text);
  out.raw(R"(,"stop_details":)");
  out.raw(answer.stop == stop_reason::refused
            ? R"({"type":"refusal","category":null,"explanation":null})"
            : "null");
}

void write_message_tail(json_out& out, const answer_facts& facts,
                        const chat_response* answer) {
  out.raw(",");
  if (answer != nullptr)
    write_message_stop(out, *answer);
  else
    out.raw(R"("stop_reason":null,"stop_sequence":null,"stop_details":null)");
  out.raw(R"(,"container":null,"usage":{)");
  write_messages_usage(out, usage_of(facts, answer));
  out.raw(R"(,"server_tool_use":null,"service_tier":"standard"})");
}

} // namespace machine::gateway::proxy
