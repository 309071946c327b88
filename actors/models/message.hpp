#pragma once

#include "runtime/wire/codec.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace machine::models {

enum class chat_role : uint8_t { system, user, assistant, tool };

constexpr auto wire_names(chat_role) {
  return std::array<std::pair<std::string_view, chat_role>, 4>{{
    {"system", chat_role::system},
    {"user", chat_role::user},
    {"assistant", chat_role::assistant},
    {"tool", chat_role::tool},
  }};
}

/// A tool that the model wants called.
struct tool_call {
  /// The provider's name of this call; its result must carry it.
  std::string id;
  std::string name;
  /// A JSON object, as the model wrote it; it may break the tool's schema.
  json_text arguments;

  static constexpr const char* wire_name = "tool_call";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &tool_call::id},
                         wire::field{"name", &tool_call::name},
                         wire::field{"arguments", &tool_call::arguments});
  }

  bool operator==(const tool_call&) const = default;
};

enum class attachment_kind : uint8_t {
  image,
  document,
  audio,
  /// No content: what stands before it may be kept by the provider for the next
  /// request, which then pays less for it.
  cache_point,
};

constexpr auto wire_names(attachment_kind) {
  return std::array<std::pair<std::string_view, attachment_kind>, 4>{{
    {"image", attachment_kind::image},
    {"document", attachment_kind::document},
    {"audio", attachment_kind::audio},
    {"cache_point", attachment_kind::cache_point},
  }};
}

/// What a message holds beside its text, at its place in the text.
struct attachment {
  attachment_kind kind = attachment_kind::image;
  /// The byte of the message's text that it stands before.
  uint64_t at = 0;
  /// Such as `image/png`; may be empty for what stands at an address.
  std::string media_type;
  /// Base64; empty if it stands at an address.
  std::string data;
  /// Where the provider is to fetch it.
  std::string url;
  /// Of a document.
  std::string name;
  /// Of an image: `low`, `high` or `auto`; of a cache point: how long it is to
  /// be kept, `5m` or `1h`; empty: not said.
  std::string detail;

  static constexpr const char* wire_name = "attachment";

  static constexpr auto fields() {
    return wire::members(wire::field{"kind", &attachment::kind},
                         wire::field{"at", &attachment::at},
                         wire::field{"media_type", &attachment::media_type},
                         wire::field{"data", &attachment::data},
                         wire::field{"url", &attachment::url},
                         wire::field{"name", &attachment::name},
                         wire::field{"detail", &attachment::detail});
  }

  bool operator==(const attachment&) const = default;
};

struct chat_message {
  chat_role role = chat_role::user;
  /// Its text, without what is attached.
  std::string content;
  /// Of an assistant's message.
  std::vector<tool_call> tool_calls;
  /// Of a tool's message: the call that it answers.
  std::optional<std::string> tool_call_id;
  /// Of an assistant's message: what its provider wants back unchanged, such as
  /// signed thoughts. Opaque to all but the protocol that made it.
  std::optional<json_text> provider_blocks;
  /// By where they stand, in order.
  std::vector<attachment> attachments{};

  static constexpr const char* wire_name = "chat_message";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"role", &chat_message::role},
      wire::field{"content", &chat_message::content},
      wire::field{"tool_calls", &chat_message::tool_calls},
      wire::field{"tool_call_id", &chat_message::tool_call_id},
      wire::field{"provider_blocks", &chat_message::provider_blocks},
      wire::later{"attachments", &chat_message::attachments});
  }

  bool operator==(const chat_message&) const = default;
};

/// Calls `on_text(std::string_view)` and `on_attachment(const attachment&)` for
/// the parts of *x* in the order in which they stand.
template <class OnText, class OnAttachment>
void for_each_part(const chat_message& x, OnText on_text,
                   OnAttachment on_attachment) {
  std::string_view text = x.content;
  size_t done = 0;
  for (auto& item : x.attachments) {
    auto at = std::min<size_t>(std::max<size_t>(item.at, done), text.size());
    if (at > done)
      on_text(text.substr(done, at - done));
    done = at;
    on_attachment(item);
  }
  if (done < text.size())
    on_text(text.substr(done));
}

} // namespace machine::models
