#include "gateway/proxy/media.hpp"
#include "gateway/proxy/messages_blocks.hpp"
#include "gateway/proxy/openai_parts.hpp"

// What blocks show: texts, images, documents, and what was found.

namespace machine::gateway::proxy {

using models::attachment_kind;

caf::error message_block_reader::show(const value& x, std::string_view type,
                                      content_builder& builder) {
  auto shown = type == "text"     ? text(x, builder)
             : type == "image"    ? image(x, builder)
             : type == "document" ? document(x, builder)
             : type == "search_result"
               ? search_result(x, builder)
               : x.wrong("blocks of type " + wire::excerpt(type)
                         + " are not taken; send text, image, document, "
                           "search_result or tool_result");
  return shown ? shown : mark_after_block(x, builder);
}

caf::error message_block_reader::mark_after_block(const value& x,
                                                  content_builder& to) {
  auto control = x.member("cache_control");
  if (!control)
    return caf::none;
  auto how_long = read_cache_control(*control);
  if (!how_long)
    return std::move(how_long.error());
  to.mark(*how_long);
  return caf::none;
}

caf::error message_block_reader::text(const value& x, content_builder& to) {
  auto at = x.required("text");
  if (!at)
    return std::move(at.error());
  auto words = at->text();
  if (!words)
    return std::move(words.error());
  draft_.ignore_others(x, {"type", "text", "cache_control", "citations"});
  to.add_text(*words);
  return caf::none;
}

caf::error message_block_reader::image(const value& x, content_builder& to) {
  draft_.ignore_others(x, {"type", "source", "cache_control"});
  auto source = x.required("source");
  if (!source)
    return std::move(source.error());
  auto type = source->type();
  if (!type)
    return std::move(type.error());
  if (*type == "url") {
    auto url = source->required("url");
    return url ? read_image(*url, std::nullopt, to) : std::move(url.error());
  }
  if (*type != "base64")
    return source->wrong("images of a provider cannot be named here; send a "
                         "source of type base64 or url");
  auto media = source->required("media_type");
  if (!media)
    return std::move(media.error());
  auto name =
    media->one_of({"image/jpeg", "image/png", "image/gif", "image/webp"});
  if (!name)
    return std::move(name.error());
  auto data = source->required("data");
  if (!data)
    return std::move(data.error());
  auto made = read_base64(*data, attachment_kind::image, *name);
  if (!made)
    return std::move(made.error());
  to.add(std::move(*made));
  return caf::none;
}

caf::error message_block_reader::document(const value& x, content_builder& to) {
  draft_.ignore_others(x,
                       {"type", "source", "title", "context", "cache_control"});
  std::string title;
  if (auto at = x.member("title"))
    if (auto err = set(title, at->text(max_name)))
      return err;
  std::string context;
  if (auto at = x.member("context"))
    if (auto err = set(context, at->text()))
      return err;
  auto source = x.required("source");
  if (!source)
    return std::move(source.error());
  auto type = source->type();
  if (!type)
    return std::move(type.error());
  if (*type == "text" || *type == "content") {
    auto attributes = attribute("title", title) + attribute("context", context);
    return content_source(*source, attributes, to);
  }
  auto is_url = *type == "url";
  if (!is_url && *type != "base64")
    return source->wrong("documents of a provider cannot be named here; send a "
                         "source of type base64, url, text or content");
  auto at = source->required(is_url ? "url" : "data");
  if (!at)
    return std::move(at.error());
  if (!is_url)
    if (auto media = source->member("media_type"))
      if (auto name = media->one_of({"application/pdf"}); !name)
        return std::move(name.error());
  auto made = is_url
              ? read_document_url(*at)
              : read_base64(*at, attachment_kind::document, "application/pdf");
  if (!made)
    return std::move(made.error());
  made->name = std::move(title);
  if (!context.empty())
    to.add_text(enclosed("context", "", context));
  to.add(std::move(*made));
  return caf::none;
}

/// A document that is text, which every model can read as such.
caf::error message_block_reader::content_source(const value& source,
                                                std::string_view attributes,
                                                content_builder& to) {
  auto content = source.required(source.member("data") ? "data" : "content");
  if (!content)
    return std::move(content.error());
  if (content->is_text()) {
    to.add_text(enclosed("document", attributes, *content->text()));
    return caf::none;
  }
  to.add_text("<document" + std::string{attributes} + ">\n");
  auto err = content->each_element(max_blocks, [&](const value& y) {
    auto type = y.type();
    if (!type)
      return std::move(type.error());
    return *type == "text"  ? text(y, to)
         : *type == "image" ? image(y, to)
                            : y.wrong("documents hold blocks of type text and "
                                      "image");
  });
  if (!err)
    to.add_text("\n</document>");
  return err;
}

caf::error message_block_reader::search_result(const value& x,
                                               content_builder& to) {
  draft_.ignore_others(x,
                       {"type", "source", "title", "content", "cache_control"});
  std::string source;
  std::string title;
  auto at = x.required("source");
  if (!at)
    return std::move(at.error());
  if (auto err = set(source, at->text(max_name * 4)))
    return err;
  if (auto name = x.member("title"))
    if (auto err = set(title, name->text(max_name)))
      return err;
  auto inside = x.required("content");
  if (!inside)
    return std::move(inside.error());
  to.add_text("<search_result" + attribute("source", source)
              + attribute("title", title) + ">\n");
  auto err = inside->each_element(max_blocks,
                                  [&](const value& y) { return text(y, to); });
  if (!err)
    to.add_text("\n</search_result>");
  return err;
}

} // namespace machine::gateway::proxy
