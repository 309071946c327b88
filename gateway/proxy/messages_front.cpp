#include "gateway/proxy/messages_request.hpp"
#include "gateway/proxy/messages_stream.hpp"
#include "gateway/proxy/thoughts.hpp"

namespace machine::gateway::proxy {

using models::chat_response;

namespace {

void write_thinking(json_out& out, const answer_part& x) {
  auto seal = read_seal(x.seal);
  if (seal && seal->kind == thought_seal::kind_type::whole) {
    out.raw(R"({"type":"redacted_thinking","data":)").text(x.seal).raw("}");
    return;
  }
  out.raw(R"({"type":"thinking","thinking":)").text(x.text);
  out.raw(R"(,"signature":)").text(x.seal).raw("}");
}

/// The input of a call as an object, which this dialect wants.
std::string_view input_of(std::string_view arguments) {
  auto first = arguments.find_first_not_of(" \t\r\n");
  return first != arguments.npos && arguments[first] == '{' ? arguments : "{}";
}

void write_part(json_out& out, const answer_part& x) {
  out.comma();
  switch (x.kind) {
    case answer_part::kind_type::thought: write_thinking(out, x); break;
    case answer_part::kind_type::text:
      out.raw(R"({"type":"text","text":)").text(x.text);
      out.raw(R"(,"citations":null})");
      break;
    case answer_part::kind_type::call:
      out.raw(R"({"type":"tool_use","id":)").text(x.id);
      out.raw(R"(,"name":)").text(x.name);
      out.raw(R"(,"input":)").raw(input_of(x.text));
      out.raw(R"(,"caller":{"type":"direct"}})");
      break;
  }
}

class messages final : public front {
public:
  caf::expected<asked> read(std::string_view body) const override {
    return read_message_request(body, message_purpose::answer);
  }

  std::string write(const chat_response& answer, const answer_facts& facts,
                    const answer_manner&) const override {
    json_out out;
    out.raw("{");
    write_message_head(out, facts);
    out.raw(R"(,"content":[)");
    for (auto& part : parts_of(answer, facts))
      write_part(out, part);
    out.raw("]");
    write_message_tail(out, facts, &answer);
    out.raw("}");
    return out.take();
  }

  std::unique_ptr<stream_writer> stream(const answer_facts& facts,
                                        const answer_manner&) const override {
    return write_message_stream(facts);
  }

  reply refuse(const failure& why) const override {
    return anthropic_refusal(why);
  }
};

} // namespace

std::shared_ptr<const front> messages_front() {
  return std::make_shared<messages>();
}

caf::expected<asked> read_token_count(std::string_view body) {
  return read_message_request(body, message_purpose::count);
}

std::string write_token_count(uint64_t tokens) {
  json_out out;
  out.raw(R"({"input_tokens":)").number(tokens).raw("}");
  return out.take();
}

} // namespace machine::gateway::proxy
