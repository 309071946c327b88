#include "gateway/proxy/openai_parts.hpp"

#include "gateway/proxy/media.hpp"

namespace machine::gateway::proxy {

using models::tool_mode;

caf::expected<std::string_view> read_cache_control(const value& at) {
  auto type = at.required("type");
  if (!type)
    return type.error();
  if (auto name = type->one_of({"ephemeral"}); !name)
    return name.error();
  auto ttl = at.member("ttl");
  if (!ttl)
    return std::string_view{};
  return ttl->one_of({"5m", "1h"});
}

caf::error mark_after(const value& part, content_builder& to) {
  if (part.member("prompt_cache_breakpoint")) {
    to.mark({});
    return caf::none;
  }
  auto control = part.member("cache_control");
  if (!control)
    return caf::none;
  auto how_long = read_cache_control(*control);
  if (!how_long)
    return std::move(how_long.error());
  to.mark(*how_long);
  return caf::none;
}

caf::error read_image(const value& at, const std::optional<value>& detail,
                      content_builder& to) {
  auto image = read_image_url(at);
  if (!image)
    return std::move(image.error());
  if (detail) {
    auto name = detail->one_of({"auto", "low", "high", "original"});
    if (!name)
      return std::move(name.error());
    image->detail = *name == "original" ? "high" : *name;
  }
  to.add(std::move(*image));
  return caf::none;
}

caf::error read_file(const value& from, content_builder& to,
                     request_draft& draft) {
  if (auto id = from.member("file_id"))
    return id->wrong("files that a provider keeps cannot be named here; send "
                     "the file itself as file_data");
  draft.ignore_others(from, {"type", "file_data", "file_url", "filename",
                             "prompt_cache_breakpoint", "cache_control"});
  auto data = from.member("file_data");
  auto url = from.member("file_url");
  if (!data && !url)
    return from.wrong("there is no file in this; send file_data");
  auto file = data ? read_document_data(*data) : read_document_url(*url);
  if (!file)
    return std::move(file.error());
  if (auto name = from.member("filename"))
    if (auto err = set(file->name, name->text(max_name)))
      return err;
  to.add(std::move(*file));
  return caf::none;
}

caf::error read_function(const value& from, request_draft& draft) {
  auto name = from.required("name");
  if (!name)
    return std::move(name.error());
  auto tool = draft.add_tool(*name);
  if (!tool)
    return std::move(tool.error());
  if (auto text = from.member("description"))
    if (auto err = set((*tool)->description, text->text()))
      return err;
  if (auto err =
        set((*tool)->parameters, read_parameters(from.member("parameters"))))
    return err;
  if (auto strict = from.member("strict")) {
    auto is_strict = strict->truth();
    if (!is_strict)
      return std::move(is_strict.error());
    // The model may break the schema; whoever calls the tool finds out.
    if (*is_strict)
      draft.ignore(*strict);
  }
  draft.ignore_others(from,
                      {"type", "name", "description", "parameters", "strict"});
  return caf::none;
}

caf::error read_schema(const value& from, request_draft& draft) {
  auto name = from.required("name");
  if (!name)
    return std::move(name.error());
  if (auto err = set(draft.request().output_name, draft.tool_name(*name)))
    return err;
  if (auto strict = from.member("strict"))
    if (auto is_strict = strict->truth(); !is_strict)
      return std::move(is_strict.error());
  draft.ignore_others(from, {"type", "name", "schema", "strict"});
  auto schema = from.member("schema");
  if (!schema)
    draft.request().output_schema = json_text{R"({"type":"object"})"};
  else if (auto err = set(draft.request().output_schema, schema->object()))
    return err;
  return caf::none;
}

caf::error read_mode(const value& at, request_draft& draft) {
  auto name = at.one_of({"auto", "none", "required"});
  if (!name)
    return std::move(name.error());
  auto mode = *name == "auto" ? tool_mode::automatic
            : *name == "none" ? tool_mode::none
                              : tool_mode::required;
  return draft.choose(at, mode);
}

caf::error read_allowed(const value& mode, const value& list,
                        request_draft& draft, name_finder name_of) {
  auto known = mode.one_of({"auto", "required"});
  if (!known)
    return std::move(known.error());
  std::unordered_set<std::string> names;
  auto err = list.each_element(max_tools, [&](const value& x) -> caf::error {
    auto type = x.type();
    if (!type)
      return std::move(type.error());
    if (*type != "function")
      return x.wrong("tools of this type are not offered; name functions");
    auto name = name_of(x, draft);
    if (!name)
      return std::move(name.error());
    names.insert(std::move(*name));
    return caf::none;
  });
  if (err)
    return err;
  if (auto wrong = read_mode(mode, draft))
    return wrong;
  return draft.allow_only(list, std::move(names));
}

caf::error read_tier(const value& at, request_draft& draft) {
  auto name = at.text(max_name);
  if (!name)
    return std::move(name.error());
  if (*name != "auto" && *name != "default")
    draft.ignore(at);
  return caf::none;
}

} // namespace machine::gateway::proxy
