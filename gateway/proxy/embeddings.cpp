#include "gateway/proxy/embeddings.hpp"

#include "gateway/proxy/draft.hpp"
#include "runtime/wire/text.hpp"

#include <bit>

namespace machine::gateway::proxy {

namespace {

caf::error add_input(const value& x, models::embedding_request& to) {
  if (x.is_list())
    return x.wrong("tokens are of one model alone; send the text itself");
  auto text = x.text();
  if (!text)
    return x.wrong("this has to be a string; tokens are not taken, send the "
                   "text itself");
  if (text->empty())
    return x.wrong("this is empty; send a text");
  to.inputs.emplace_back(*text);
  return caf::none;
}

caf::error read_inputs(const value& x, models::embedding_request& to) {
  if (x.is_text())
    return add_input(x, to);
  if (!x.is_list())
    return x.wrong("this has to be a string, or a list of strings");
  if (auto err = x.each_element(
        max_inputs, [&](const value& y) { return add_input(y, to); }))
    return err;
  return to.inputs.empty() ? x.wrong("there is no text in this; send at least "
                                     "one")
                           : caf::none;
}

caf::error read_member(const value& x, asked_embedding& to,
                       request_draft& draft) {
  if (x.key() == "model")
    return set(to.model, x.text(max_name));
  if (x.key() == "input")
    return read_inputs(x, to.request);
  if (x.key() == "dimensions")
    return set(to.request.dimensions, x.count(1, max_dimensions));
  if (x.key() == "user")
    return set(to.request.end_user, x.text(max_name));
  if (x.key() != "encoding_format") {
    draft.ignore(x);
    return caf::none;
  }
  auto name = x.one_of({"float", "base64"});
  if (!name)
    return std::move(name.error());
  to.format = *name == "float" ? vector_format::list : vector_format::base64;
  return caf::none;
}

/// A JSON string.
void write_base64(json_out& out, const std::vector<float>& x) {
  bytes data;
  data.reserve(x.size() * 4);
  for (auto number : x) {
    auto bits = std::bit_cast<uint32_t>(number);
    for (auto shift = 0; shift < 32; shift += 8)
      data.push_back(static_cast<uint8_t>(bits >> shift));
  }
  out.raw("\"").raw(wire::to_base64(data)).raw("\"");
}

void write_list(json_out& out, const std::vector<float>& x) {
  out.raw("[");
  for (auto number : x)
    out.comma().real(number);
  out.raw("]");
}

} // namespace

caf::expected<asked_embedding> read_embedding(std::string_view body) {
  auto read = parse_body(body);
  if (!read)
    return read.error();
  asked_embedding result;
  request_draft draft{max_name};
  value root{*read};
  auto err = root.each_member(
    [&](const value& x) { return read_member(x, result, draft); });
  if (err)
    return err;
  for (auto name : {"model", "input"})
    if (auto found = root.required(name); !found)
      return found.error();
  result.ignored = std::move(draft.result.ignored);
  return result;
}

std::string write_embedding(const models::embedding_response& answer,
                            std::string_view model, vector_format format) {
  json_out out;
  out.raw(R"({"object":"list","data":[)");
  uint64_t index = 0;
  for (auto& x : answer.vectors) {
    out.comma().raw(R"({"object":"embedding","index":)").number(index++);
    out.raw(R"(,"embedding":)");
    if (format == vector_format::base64)
      write_base64(out, x);
    else
      write_list(out, x);
    out.raw("}");
  }
  auto tokens = answer.usage ? models::prompt_tokens(*answer.usage) : 0;
  out.raw(R"(],"model":)").text(model);
  out.raw(R"(,"usage":{"prompt_tokens":)").number(tokens);
  out.raw(R"(,"total_tokens":)").number(tokens).raw("}}");
  return out.take();
}

} // namespace machine::gateway::proxy
