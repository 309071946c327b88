#include "gateway/proxy/responses_output.hpp"

#include "gateway/proxy/endings.hpp"

namespace machine::gateway::proxy {

using item_kind = output_item::kind_type;

std::string_view name_of(response_status x) {
  switch (x) {
    case response_status::in_progress: return "in_progress";
    case response_status::completed: return "completed";
    case response_status::incomplete: return "incomplete";
    default: return "failed";
  }
}

output_item item_of(const answer_part& x) {
  output_item result;
  result.kind = x.kind == answer_part::kind_type::text ? item_kind::message
              : x.kind == answer_part::kind_type::call ? item_kind::call
                                                       : item_kind::thought;
  result.status = response_status::completed;
  append_escaped(result.said, x.text);
  if (result.kind == item_kind::thought)
    result.seal = x.seal;
  result.call_id = x.id;
  result.name = x.name;
  return result;
}

std::string item_id(item_kind kind, std::string_view id, size_t index) {
  std::string result = kind == item_kind::message ? "msg_"
                     : kind == item_kind::call    ? "fc_"
                                                  : "rs_";
  result += id;
  result += '_';
  result += std::to_string(index);
  return result;
}

void write_text_part(json_out& out, std::string_view said) {
  out.raw(R"({"type":"output_text","annotations":[],"logprobs":[],"text":")");
  out.raw(said).raw("\"}");
}

void write_summary_part(json_out& out, std::string_view said) {
  out.raw(R"({"type":"summary_text","text":")").raw(said).raw("\"}");
}

void write_item(json_out& out, const output_item& x) {
  out.raw(R"({"id":")").raw(x.id).raw(R"(","type":)");
  switch (x.kind) {
    case item_kind::message:
      out.raw(R"("message","status":)").text(name_of(x.status));
      out.raw(R"(,"content":[)");
      if (!x.said.empty())
        write_text_part(out, x.said);
      out.raw(R"(],"role":"assistant"})");
      break;
    case item_kind::call:
      out.raw(R"("function_call","status":)").text(name_of(x.status));
      out.raw(R"(,"arguments":")").raw(x.said);
      out.raw(R"(","call_id":)").text(x.call_id);
      out.raw(R"(,"name":)").text(x.name).raw("}");
      break;
    case item_kind::thought:
      out.raw(R"("reasoning","summary":[)");
      if (!x.said.empty())
        write_summary_part(out, x.said);
      out.raw("]");
      if (!x.seal.empty())
        out.raw(R"(,"encrypted_content":)").text(x.seal);
      out.raw("}");
      break;
  }
}

const std::vector<repeated_member>& all_repeated_members() {
  static const std::vector<repeated_member> all{
    {"instructions", "null"},
    {"max_output_tokens", "null"},
    {"max_tool_calls", "null"},
    {"metadata", "{}"},
    {"parallel_tool_calls", "true"},
    {"prompt_cache_key", "null"},
    {"reasoning", R"({"effort":null,"summary":null})"},
    {"safety_identifier", "null"},
    {"temperature", "null"},
    {"text", R"({"format":{"type":"text"}})"},
    {"tool_choice", R"("auto")"},
    {"tools", "[]"},
    {"top_p", "null"},
    {"user", "null"},
  };
  return all;
}

std::string repeated_members(std::string_view repeats) {
  if (repeats.size() > 2)
    return std::string{repeats.substr(1, repeats.size() - 2)};
  json_out out;
  for (auto& x : all_repeated_members()) {
    out.raw(out.is_empty() ? "" : ",");
    out.text(x.name).raw(":").raw(x.otherwise);
  }
  return out.take();
}

void write_response(json_out& out, const response_state& x) {
  out.raw(R"({"id":"resp_)").escaped(x.facts.id);
  out.raw(R"(","object":"response","created_at":)");
  out.number(seconds_of(x.facts.created));
  out.raw(R"(,"status":)").text(name_of(x.status));
  out.raw(R"(,"background":false,"error":)");
  out.raw(x.error.empty() ? "null" : std::string_view{x.error});
  out.raw(R"(,"incomplete_details":)");
  if (x.reason.empty())
    out.raw("null");
  else
    out.raw(R"({"reason":)").text(x.reason).raw("}");
  out.raw(R"(,"model":)").text(x.facts.model).raw(R"(,"output":[)");
  for (auto& item : x.output)
    if (item.status != response_status::in_progress) {
      out.comma();
      write_item(out, item);
    }
  out.raw(R"(],"previous_response_id":null,"service_tier":"default",)");
  out.raw(R"("store":false,"top_logprobs":0,"truncation":"disabled","usage":)");
  if (x.usage)
    write_response_usage(out, *x.usage);
  else
    out.raw("null");
  out.raw(",").raw(x.repeats).raw("}");
}

} // namespace machine::gateway::proxy
