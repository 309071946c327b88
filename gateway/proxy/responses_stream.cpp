#include "gateway/proxy/responses_stream.hpp"

#include "gateway/proxy/call_order.hpp"
#include "gateway/proxy/endings.hpp"
#include "gateway/proxy/responses_output.hpp"

namespace machine::gateway::proxy {

using models::answer_delta;
using item_kind = output_item::kind_type;

namespace {

class response_stream final : public stream_writer {
public:
  response_stream(const answer_facts& facts, const answer_manner& manner)
      : state_{facts, repeated_members(manner.repeats)} {
    append_escaped(id_, facts.id);
  }

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

  std::string_view finish(const models::chat_response& whole) override {
    out_.clear();
    begin_once();
    flush();
    state_.reason = incomplete_reason(whole.stop);
    state_.usage = whole.usage;
    state_.status = state_.reason.empty() ? response_status::completed
                                          : response_status::incomplete;
    // The answer ends within its last item.
    complete_arguments();
    end_item(state_.status);
    tell_response(state_.reason.empty() ? "response.completed"
                                        : "response.incomplete");
    return out_.view();
  }

  std::string_view fail(const failure& why) override {
    out_.clear();
    begin_once();
    flush();
    end_item(response_status::incomplete);
    tell_error(why);
    json_out error;
    error.raw(R"({"code":)").text(openai_problem_of(code_of(why.why)).code);
    error.raw(R"(,"message":)").text(message_of(why.why)).raw("}");
    state_.error = error.take();
    state_.status = response_status::failed;
    tell_response("response.failed");
    return out_.view();
  }

  std::string_view keep_alive() override {
    return ": waiting\n\n";
  }

  /// A text goes on; thoughts and calls are their model's own.
  std::string_view hand_over(const answer_facts& to, bool restarts) override {
    out_.clear();
    flush();
    if (is_open(item_kind::thought))
      end_item(response_status::completed);
    else if (is_open(item_kind::call))
      end_item(arguments_.seen() ? response_status::completed
                                 : response_status::incomplete);
    else if (restarts && is_open(item_kind::message))
      end_item(response_status::incomplete);
    state_.facts.model = to.model;
    state_.facts.protocol = to.protocol;
    state_.facts.provider_model = to.provider_model;
    begin_event("machine.takeover");
    out_.raw(R"(,"machine":)");
    write_takeover(out_, to, restarts);
    end_event();
    return out_.view();
  }

private:
  void begin_once() {
    if (begun_)
      return;
    begun_ = true;
    tell_response("response.created");
    tell_response("response.in_progress");
  }

  void begin_event(std::string_view type) {
    out_.raw("event: ").raw(type).raw("\ndata: {\"type\":\"").raw(type);
    out_.raw(R"(","sequence_number":)").number(sequence_++);
  }

  void end_event() {
    out_.raw("}\n\n");
  }

  void tell_response(std::string_view type) {
    begin_event(type);
    out_.raw(R"(,"response":)");
    write_response(out_, state_);
    end_event();
  }

  /// Flat as the reference has it, and with the object by which clients know
  /// errors of other APIs.
  void tell_error(const failure& why) {
    auto about = openai_problem_of(code_of(why.why));
    json_out members;
    members.raw(R"("code":)").text_or_null(about.code);
    members.raw(R"(,"message":)").text(message_of(why.why));
    members.raw(R"(,"param":null)");
    begin_event("error");
    out_.raw(",").raw(members.view());
    out_.raw(R"(,"error":{"type":)").text(about.type);
    out_.raw(",").raw(members.view()).raw("}");
    end_event();
  }

  void flush() {
    order_.flush([this](const answer_delta& x) { tell(x); });
  }

  void tell(const answer_delta& piece) {
    using kind = answer_delta::kind_type;
    using seal_kind = thought_seal::kind_type;
    switch (piece.kind) {
      case kind::text: add_text(piece.text); break;
      case kind::thought: add_thought(piece.text); break;
      case kind::signature:
        // What is signed may not show at all.
        if (!is_open(item_kind::thought))
          begin_item({.kind = item_kind::thought});
        seal(seal_kind::signature, piece.text);
        break;
      case kind::redacted:
        begin_item({.kind = item_kind::thought});
        seal(seal_kind::whole, piece.text);
        break;
      case kind::tool: begin_call(piece); break;
      case kind::arguments: add_arguments(piece.text); break;
    }
  }

  /// Only the last item may be open.
  bool is_open(item_kind kind) const {
    return !state_.output.empty() && state_.output.back().kind == kind
        && state_.output.back().status == response_status::in_progress;
  }

  /// The item before ends.
  void begin_item(output_item x) {
    complete_arguments();
    end_item(response_status::completed);
    x.id = item_id(x.kind, id_, state_.output.size());
    state_.output.push_back(std::move(x));
    tell_item("response.output_item.added");
  }

  /// About the last item, as it is now.
  void tell_item(std::string_view type) {
    begin_event(type);
    out_.raw(R"(,"output_index":)").number(state_.output.size() - 1);
    out_.raw(R"(,"item":)");
    write_item(out_, state_.output.back());
    end_event();
  }

  /// Begins an event about the last item.
  void begin_item_event(std::string_view type) {
    begin_event(type);
    out_.raw(R"(,"item_id":")").raw(state_.output.back().id);
    out_.raw(R"(","output_index":)").number(state_.output.size() - 1);
  }

  /// *text* is escaped once, and kept so for the end of the item.
  void tell_delta(std::string_view type, std::string_view place,
                  std::string_view text, std::string_view rest = {}) {
    auto& said = state_.output.back().said;
    auto before = said.size();
    append_escaped(said, text);
    begin_item_event(type);
    out_.raw(place).raw(R"(,"delta":")");
    out_.raw(std::string_view{said}.substr(before)).raw("\"").raw(rest);
    end_event();
  }

  void add_text(std::string_view text) {
    if (text.empty())
      return;
    if (!is_open(item_kind::message)) {
      begin_item({.kind = item_kind::message});
      begin_item_event("response.content_part.added");
      out_.raw(R"(,"content_index":0,"part":)");
      write_text_part(out_, {});
      end_event();
    }
    tell_delta("response.output_text.delta", R"(,"content_index":0)", text,
               R"(,"logprobs":[])");
  }

  void add_thought(std::string_view text) {
    if (text.empty())
      return;
    if (!is_open(item_kind::thought)) {
      begin_item({.kind = item_kind::thought});
      begin_item_event("response.reasoning_summary_part.added");
      out_.raw(R"(,"summary_index":0,"part":)");
      write_summary_part(out_, {});
      end_event();
    }
    tell_delta("response.reasoning_summary_text.delta", R"(,"summary_index":0)",
               text);
  }

  /// A thought that is sealed is complete.
  void seal(thought_seal::kind_type kind, const std::string& content) {
    auto& facts = state_.facts;
    state_.output.back().seal =
      to_text({kind, facts.protocol, facts.provider_model, content});
    end_item(response_status::completed);
  }

  void begin_call(const answer_delta& piece) {
    begin_item(
      {.kind = item_kind::call, .call_id = piece.id, .name = piece.name});
    arguments_ = {};
  }

  void add_arguments(std::string_view text) {
    if (text.empty() || !is_open(item_kind::call))
      return;
    arguments_.feed(text);
    tell_delta("response.function_call_arguments.delta", {}, text);
  }

  /// Some providers say nothing where there are no arguments; clients read them
  /// as JSON all the same.
  void complete_arguments() {
    if (is_open(item_kind::call) && state_.output.back().said.empty())
      add_arguments("{}");
  }

  /// Does nothing if no item is open.
  void end_item(response_status how) {
    if (state_.output.empty()
        || state_.output.back().status != response_status::in_progress)
      return;
    state_.output.back().status = how;
    switch (state_.output.back().kind) {
      case item_kind::message: end_text(); break;
      case item_kind::thought: end_summary(); break;
      case item_kind::call: end_arguments(); break;
    }
    tell_item("response.output_item.done");
  }

  void end_text() {
    auto& said = state_.output.back().said;
    begin_item_event("response.output_text.done");
    out_.raw(R"(,"content_index":0,"text":")").raw(said);
    out_.raw(R"(","logprobs":[])");
    end_event();
    begin_item_event("response.content_part.done");
    out_.raw(R"(,"content_index":0,"part":)");
    write_text_part(out_, said);
    end_event();
  }

  void end_summary() {
    auto& said = state_.output.back().said;
    if (said.empty())
      return;
    begin_item_event("response.reasoning_summary_text.done");
    out_.raw(R"(,"summary_index":0,"text":")").raw(said).raw("\"");
    end_event();
    begin_item_event("response.reasoning_summary_part.done");
    out_.raw(R"(,"summary_index":0,"part":)");
    write_summary_part(out_, said);
    end_event();
  }

  void end_arguments() {
    auto& x = state_.output.back();
    begin_item_event("response.function_call_arguments.done");
    out_.raw(R"(,"arguments":")").raw(x.said);
    out_.raw(R"(","name":)").text(x.name);
    end_event();
  }

  response_state state_;
  /// Of the response, escaped.
  std::string id_;
  json_out out_;
  uint64_t sequence_ = 0;
  bool begun_ = false;
  call_order order_;
  /// Of the call that is open.
  object_end arguments_;
};

} // namespace

std::unique_ptr<stream_writer>
write_response_stream(const answer_facts& facts, const answer_manner& manner) {
  return std::make_unique<response_stream>(facts, manner);
}

} // namespace machine::gateway::proxy
