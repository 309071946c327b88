#include "gateway/proxy/chat_stream.hpp"

#include "gateway/proxy/endings.hpp"

#include <algorithm>
#include <set>

namespace machine::gateway::proxy {

using models::answer_delta;

namespace {

class chat_stream final : public stream_writer {
public:
  chat_stream(const answer_facts& facts, const answer_manner& manner)
      : id_(facts.id), created_(facts.created),
        counts_(manner.counts_in_stream), legacy_(manner.legacy_calls) {
    make_frame(facts.model);
  }

  std::string_view begin() override {
    out_.clear();
    begin_once();
    return out_.view();
  }

  std::string_view add(const answer_delta& piece) override {
    using kind = answer_delta::kind_type;
    out_.clear();
    begin_once();
    switch (piece.kind) {
      case kind::text: add_text(R"({"content":")", piece.text); break;
      case kind::thought:
        add_text(R"({"reasoning_content":")", piece.text);
        break;
      case kind::tool: begin_call(piece); break;
      case kind::arguments: add_arguments(piece); break;
      // This dialect has no place for what only a provider can read.
      case kind::signature:
      case kind::redacted: break;
    }
    return out_.view();
  }

  std::string_view finish(const models::chat_response& whole) override {
    out_.clear();
    begin_once();
    complete_calls(whole);
    out_.raw(head_).raw("{}").raw(R"(,"logprobs":null,"finish_reason":)");
    out_.text(chat_finish(whole.stop, legacy_)).raw("}]").raw(usage_null());
    out_.raw("}\n\n");
    if (counts_ && whole.usage) {
      out_.raw(bare_head_).raw(R"("choices":[],"usage":)");
      write_chat_usage(out_, *whole.usage);
      out_.raw("}\n\n");
    }
    out_.raw("data: [DONE]\n\n");
    return out_.view();
  }

  std::string_view fail(const failure& why) override {
    out_.clear();
    out_.raw("data: ").raw(openai_error_body(why)).raw("\n\n");
    return out_.view();
  }

  std::string_view keep_alive() override {
    return ": waiting\n\n";
  }

  /// Later chunks name the model that they are of; it has calls of its own.
  /// A chunk without a choice, as one that counts has none.
  std::string_view hand_over(const answer_facts& to, bool restarts) override {
    make_frame(to.model);
    first_call_ = calls_;
    out_.clear();
    out_.raw(bare_head_).raw(R"("choices":[],"machine":)");
    write_takeover(out_, to, restarts);
    out_.raw(usage_null()).raw("}\n\n");
    return out_.view();
  }

private:
  /// What all chunks begin and end with.
  void make_frame(std::string_view model) {
    json_out frame;
    frame.raw(R"(data: {"id":"chatcmpl-)").escaped(id_);
    frame.raw(R"(","object":"chat.completion.chunk","created":)");
    frame.number(seconds_of(created_)).raw(R"(,"model":)").text(model);
    frame.raw(R"(,"service_tier":"default","system_fingerprint":null,)");
    bare_head_ = frame.take();
    head_ = bare_head_ + R"("choices":[{"index":0,"delta":)";
    tail_ = R"(},"logprobs":null,"finish_reason":null}])"
          + std::string{usage_null()} + "}\n\n";
  }

  std::string_view usage_null() const {
    return counts_ ? R"(,"usage":null)" : "";
  }

  void begin_once() {
    if (begun_)
      return;
    begun_ = true;
    out_.raw(head_).raw(R"({"role":"assistant","content":"","refusal":null)");
    out_.raw(tail_);
  }

  void add_text(std::string_view member, std::string_view text) {
    if (text.empty())
      return;
    out_.raw(head_).raw(member).escaped(text).raw("\"").raw(tail_);
  }

  void begin_call(const answer_delta& piece) {
    auto place = first_call_ + piece.call;
    if (legacy_ && place > 0)
      return;
    calls_ = std::max(calls_, place + 1);
    out_.raw(head_);
    if (legacy_) {
      out_.raw(R"({"function_call":{"name":)").text(piece.name);
      out_.raw(R"(,"arguments":""})").raw(tail_);
      return;
    }
    out_.raw(R"({"tool_calls":[{"index":)").number(place);
    out_.raw(R"(,"id":)").text(piece.id);
    out_.raw(R"(,"type":"function","function":{"name":)").text(piece.name);
    out_.raw(R"(,"arguments":""}}])").raw(tail_);
  }

  void add_arguments(const answer_delta& piece) {
    auto place = first_call_ + piece.call;
    if (piece.text.empty() || (legacy_ && place > 0))
      return;
    has_arguments_.insert(place);
    out_.raw(head_);
    if (legacy_) {
      out_.raw(R"({"function_call":{"arguments":)").text(piece.text);
      out_.raw("}").raw(tail_);
      return;
    }
    out_.raw(R"({"tool_calls":[{"index":)").number(place);
    out_.raw(R"(,"function":{"arguments":)").text(piece.text);
    out_.raw("}}]").raw(tail_);
  }

  /// Some providers say nothing where there are no arguments; clients read them
  /// as JSON all the same.
  void complete_calls(const models::chat_response& whole) {
    auto& calls = whole.message.tool_calls;
    for (uint32_t i = 0; first_call_ + i < calls_ && i < calls.size(); ++i)
      if (!has_arguments_.contains(first_call_ + i))
        add_arguments(
          {answer_delta::kind_type::arguments, calls[i].arguments.text, i});
  }

  const std::string id_;
  const timestamp created_;
  const bool counts_;
  const bool legacy_;
  std::string bare_head_;
  std::string head_;
  std::string tail_;
  json_out out_;
  bool begun_ = false;
  /// The place of the first call of who answers now.
  uint32_t first_call_ = 0;
  /// How many calls the client knows of, and which of them have arguments.
  uint32_t calls_ = 0;
  std::set<uint32_t> has_arguments_;
};

} // namespace

std::unique_ptr<stream_writer> write_chat_stream(const answer_facts& facts,
                                                 const answer_manner& manner) {
  return std::make_unique<chat_stream>(facts, manner);
}

} // namespace machine::gateway::proxy
