#include "gateway/proxy/model_list.hpp"

#include "gateway/proxy/json_out.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/text.hpp"

#include <algorithm>

namespace machine::gateway::proxy {

namespace {

void write_for_openai(json_out& out, const listed_model& x) {
  out.raw(R"({"id":)").text(x.id);
  out.raw(R"(,"object":"model","created":)").number(seconds_of(x.created));
  out.raw(R"(,"owned_by":)").text(x.owner).raw("}");
}

void write_limit(json_out& out, uint64_t x) {
  if (x == 0)
    out.raw("null");
  else
    out.number(x);
}

void write_for_anthropic(json_out& out, const listed_model& x) {
  out.raw(R"({"type":"model","id":)").text(x.id);
  out.raw(R"(,"display_name":)").text(x.title.empty() ? x.id : x.title);
  out.raw(R"(,"created_at":)").text(wire::format_time(x.created));
  out.raw(R"(,"max_input_tokens":)");
  write_limit(out, x.context_tokens);
  out.raw(R"(,"max_tokens":)");
  write_limit(out, x.max_output_tokens);
  out.raw(R"(,"capabilities":null})");
}

using iterator = std::vector<listed_model>::const_iterator;

caf::expected<iterator> find_model(const std::vector<listed_model>& all,
                                   std::string_view parameter,
                                   const std::string& id) {
  auto found =
    std::find_if(all.begin(), all.end(), [&](auto& x) { return x.id == id; });
  if (found == all.end())
    return make_error(ec::invalid_argument, std::string{parameter}
                                              + ": there is no model "
                                              + wire::excerpt(id)
                                              + "; ask for the list from its "
                                                "beginning");
  return found;
}

/// The part of a list from *begin* to *end*, in the form of Anthropic.
std::string write_part(iterator begin, iterator end, bool has_more) {
  json_out out;
  out.raw(R"({"data":[)");
  for (auto i = begin; i != end; ++i) {
    out.comma();
    write_for_anthropic(out, *i);
  }
  out.raw(R"(],"has_more":)").raw(has_more ? "true" : "false");
  out.raw(R"(,"first_id":)").text_or_null(begin == end ? "" : begin->id);
  out.raw(R"(,"last_id":)");
  out.text_or_null(begin == end ? "" : (end - 1)->id).raw("}");
  return out.take();
}

} // namespace

std::vector<listed_model>
list_models(const models::catalogue& from,
            const std::function<bool(const models::model_entry&)>& may_see) {
  std::vector<listed_model> result;
  for (auto& [id, x] : from.models)
    if (may_see(x))
      result.push_back({.id = id,
                        .owner = x.provider,
                        .context_tokens = x.context_tokens,
                        .max_output_tokens = x.max_output_tokens});
  return result;
}

std::string write_models(const std::vector<listed_model>& all, list_form form) {
  if (form == list_form::anthropic)
    return write_part(all.begin(), all.end(), false);
  json_out out;
  out.raw(R"({"object":"list","data":[)");
  for (auto& x : all) {
    out.comma();
    write_for_openai(out, x);
  }
  out.raw("]}");
  return out.take();
}

caf::expected<std::string> write_models(const std::vector<listed_model>& all,
                                        const list_range& range) {
  if (range.limit < 1 || range.limit > 1'000)
    return make_error(ec::invalid_argument,
                      "limit: this has to be a number from 1 to 1000");
  auto begin = all.begin();
  auto end = all.end();
  if (!range.after_id.empty()) {
    auto found = find_model(all, "after_id", range.after_id);
    if (!found)
      return found.error();
    begin = *found + 1;
  }
  auto backwards = !range.before_id.empty();
  if (backwards) {
    auto found = find_model(all, "before_id", range.before_id);
    if (!found)
      return found.error();
    end = std::max(*found, begin);
  }
  auto size = static_cast<size_t>(end - begin);
  auto has_more = size > range.limit;
  auto taken = static_cast<std::ptrdiff_t>(std::min(size, range.limit));
  if (backwards)
    begin = end - taken;
  else
    end = begin + taken;
  return write_part(begin, end, has_more);
}

caf::expected<std::string> write_model(const std::vector<listed_model>& all,
                                       std::string_view id, list_form form) {
  auto found =
    std::find_if(all.begin(), all.end(), [&](auto& x) { return x.id == id; });
  if (found == all.end())
    return make_error(ec::not_found, "there is no model " + wire::excerpt(id)
                                       + "; /v1/models lists those there are");
  json_out out;
  if (form == list_form::openai)
    write_for_openai(out, *found);
  else
    write_for_anthropic(out, *found);
  return out.take();
}

} // namespace machine::gateway::proxy
