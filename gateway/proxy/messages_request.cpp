#include "gateway/proxy/messages_request.hpp"

#include "gateway/proxy/messages_blocks.hpp"
#include "gateway/proxy/openai_parts.hpp"

#include <array>

namespace machine::gateway::proxy {

using models::tool_mode;

namespace {

constexpr size_t max_stop_sequence = 1'024;

class message_request_reader {
public:
  caf::expected<asked> read(std::string_view body, message_purpose what_for) {
    auto read = parse_body(body);
    if (!read)
      return read.error();
    value root{*read};
    // It stands before all messages, wherever it is in the body.
    if (auto at = root.member("system"))
      if (auto err = blocks_.read_system(*at))
        return err;
    auto systems = draft_.request().messages.size();
    if (auto err =
          read_members<message_request_reader>(*this, known, root, draft_))
      return err;
    if (!draft_.result.is_bounded && what_for == message_purpose::answer)
      return root.required("max_tokens").error();
    auto& thoughts = draft_.request().reasoning_tokens;
    if (thoughts && draft_.result.is_bounded
        && *thoughts >= draft_.request().max_output_tokens)
      return make_error(ec::invalid_argument,
                        "thinking.budget_tokens: this has to be less than "
                        "max_tokens, of which thoughts are a part");
    if (draft_.request().messages.size() == systems)
      return make_error(ec::invalid_argument,
                        "messages: there is no message; send at least one");
    if (end_mark_)
      blocks_.mark_end(*end_mark_);
    if (tools_mark_)
      blocks_.mark_begin(*tools_mark_);
    return draft_.finish("messages", "anthropic");
  }

private:
  models::chat_request& request() {
    return draft_.request();
  }

  caf::error nothing(const value&) {
    return caf::none;
  }

  caf::error model(const value& x) {
    return set(draft_.result.model, x.text(max_name));
  }

  caf::error messages(const value& x) {
    return x.each_element(max_messages,
                          [this](const value& y) { return blocks_.read(y); });
  }

  caf::error bound(const value& x) {
    draft_.result.is_bounded = true;
    return set(request().max_output_tokens, x.count(1, UINT32_MAX));
  }

  caf::error stream(const value& x) {
    return set(draft_.result.manner.streams, x.truth());
  }

  caf::error temperature(const value& x) {
    return set(request().temperature, x.number(0, 1));
  }

  caf::error top_p(const value& x) {
    return set(request().draws.top_p, x.number(0, 1));
  }

  caf::error top_k(const value& x) {
    return set(request().draws.top_k, x.count(1, UINT32_MAX));
  }

  caf::error stop(const value& x) {
    if (!x.is_list())
      return x.wrong("this has to be a list of strings");
    return set(request().draws.stop, read_texts(x, max_stop_sequence));
  }

  caf::error metadata(const value& x) {
    draft_.ignore_others(x, {"user_id"});
    auto user = x.member("user_id");
    return user ? set(request().end_user, user->text(max_name)) : caf::none;
  }

  /// The last mark on a tool stands for all before it.
  caf::error mark_tools(const value& x) {
    return set(tools_mark_, read_cache_control(x));
  }

  caf::error mark_end(const value& x) {
    return set(end_mark_, read_cache_control(x));
  }

  caf::error tools(const value& x) {
    return x.each_element(max_tools,
                          [this](const value& y) { return tool(y); });
  }

  caf::error tool(const value& x) {
    if (auto type = x.member("type")) {
      auto name = type->text();
      if (!name)
        return std::move(name.error());
      if (*name != "custom")
        return x.wrong(wire::excerpt(*name)
                       + " is not offered here; describe the tool with name, "
                         "description and input_schema");
    }
    auto name = x.required("name");
    if (!name)
      return std::move(name.error());
    auto made = draft_.add_tool(*name);
    if (!made)
      return std::move(made.error());
    if (auto text = x.member("description"))
      if (auto err = set((*made)->description, text->text()))
        return err;
    auto schema = x.required("input_schema");
    if (!schema)
      return std::move(schema.error());
    if (auto err = set((*made)->parameters, schema->object()))
      return err;
    draft_.ignore_others(
      x, {"type", "name", "description", "input_schema", "cache_control"});
    auto mark = x.member("cache_control");
    return mark ? mark_tools(*mark) : caf::none;
  }

  caf::error tool_choice(const value& x) {
    auto type = x.required("type");
    if (!type)
      return std::move(type.error());
    auto name = type->one_of({"auto", "any", "tool", "none"});
    if (!name)
      return std::move(name.error());
    draft_.ignore_others(x, {"type", "name", "disable_parallel_tool_use"});
    if (auto alone = x.member("disable_parallel_tool_use")) {
      auto is_alone = alone->truth();
      if (!is_alone)
        return std::move(is_alone.error());
      request().parallel_tools = !*is_alone;
    }
    if (*name == "tool") {
      auto which = x.required("name");
      return which ? draft_.choose_named(*which) : std::move(which.error());
    }
    auto mode = *name == "auto" ? tool_mode::automatic
              : *name == "any"  ? tool_mode::required
                                : tool_mode::none;
    return draft_.choose(x, mode);
  }

  /// A budget is for every model that can think; the other ways are of this
  /// protocol alone.
  caf::error thinking(const value& x) {
    auto type = x.required("type");
    if (!type)
      return std::move(type.error());
    auto name =
      type->one_of({"enabled", "disabled", "adaptive", "between_tools"});
    if (!name)
      return std::move(name.error());
    if (*name != "enabled") {
      draft_.pass_on("thinking", x.json());
      return caf::none;
    }
    draft_.ignore_others(x, {"type", "budget_tokens"});
    auto budget = x.required("budget_tokens");
    if (!budget)
      return std::move(budget.error());
    return set(request().reasoning_tokens, budget->count(1, UINT32_MAX));
  }

  caf::error output_config(const value& x) {
    if (!x.is_object())
      return x.wrong("this has to be an object");
    draft_.ignore_others(x, {"effort", "format"});
    if (auto effort = x.member("effort"))
      if (auto err = set(request().reasoning_effort, read_effort(*effort)))
        return err;
    auto format = x.member("format");
    return format ? output_format(*format) : caf::none;
  }

  caf::error output_format(const value& x) {
    auto type = x.required("type");
    if (!type)
      return std::move(type.error());
    if (auto name = type->one_of({"json_schema"}); !name)
      return std::move(name.error());
    draft_.ignore_others(x, {"type", "schema"});
    auto schema = x.required("schema");
    if (!schema)
      return std::move(schema.error());
    return set(request().output_schema, schema->object());
  }

  caf::error no_container(const value& x) {
    return x.wrong("nothing is run here for a model; leave this out, and offer "
                   "tools of your own");
  }

  caf::error no_servers(const value& x) {
    return x.wrong("servers of tools are not called from here; leave this out, "
                   "and offer their tools yourself");
  }

  /// Prices depend on it, and so may a rule on where data may go: it is not
  /// overheard.
  caf::error place(const value& x) {
    auto name = x.text(max_name);
    if (!name)
      return std::move(name.error());
    if (*name != "global")
      return x.wrong("places are not chosen by requests; leave this out, and "
                     "name a model that is served there");
    return caf::none;
  }

  /// Both have prices of their own, which are not counted.
  caf::error tier(const value& x) {
    auto name = x.text(max_name);
    if (!name)
      return std::move(name.error());
    if (*name != "auto" && *name != "standard_only" && *name != "standard")
      draft_.ignore(x);
    return caf::none;
  }

  static const std::array<known_member<message_request_reader>, 21> known;

  request_draft draft_{max_anthropic_name};
  message_block_reader blocks_{draft_};
  std::optional<std::string> tools_mark_;
  std::optional<std::string> end_mark_;
};

constexpr std::array<known_member<message_request_reader>, 21>
  message_request_reader::known{{
    {"model", &message_request_reader::model},
    {"messages", &message_request_reader::messages},
    {"system", &message_request_reader::nothing},
    {"max_tokens", &message_request_reader::bound},
    {"stream", &message_request_reader::stream},
    {"temperature", &message_request_reader::temperature},
    {"top_p", &message_request_reader::top_p},
    {"top_k", &message_request_reader::top_k},
    {"stop_sequences", &message_request_reader::stop},
    {"metadata", &message_request_reader::metadata},
    {"tools", &message_request_reader::tools},
    {"tool_choice", &message_request_reader::tool_choice},
    {"thinking", &message_request_reader::thinking},
    {"output_config", &message_request_reader::output_config},
    {"output_format", &message_request_reader::output_format},
    {"cache_control", &message_request_reader::mark_end},
    {"container", &message_request_reader::no_container},
    {"mcp_servers", &message_request_reader::no_servers},
    {"inference_geo", &message_request_reader::place},
    {"service_tier", &message_request_reader::tier},
    {"speed", &message_request_reader::tier},
  }};

} // namespace

caf::expected<asked> read_message_request(std::string_view body,
                                          message_purpose what_for) {
  return message_request_reader{}.read(body, what_for);
}

} // namespace machine::gateway::proxy
