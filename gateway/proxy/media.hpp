#pragma once

#include "actors/models/message.hpp"
#include "gateway/proxy/value.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What requests hold beside text.
namespace machine::gateway::proxy {

/// Whether *text* is Base64 (RFC 4648, section 4), padded and not empty.
bool is_base64(std::string_view text);

/// What stands in a `data:` URL.
struct data_url {
  std::string_view media_type;
  /// Base64.
  std::string_view data;
};

/// Reads `data:TYPE/SUBTYPE;base64,DATA` (RFC 2397, without parameters); its
/// views are of *text*.
std::optional<data_url> parse_data_url(std::string_view text);

/// Whether *text* is a type and a subtype (RFC 9110, section 8.3.1), without
/// parameters.
bool is_media_type(std::string_view text);

/// An image at a `data:` or HTTP address.
caf::expected<models::attachment> read_image_url(const value& at);

/// A document at an HTTP address.
caf::expected<models::attachment> read_document_url(const value& at);

/// A document in a `data:` URL or in Base64 alone, which then is a PDF.
caf::expected<models::attachment> read_document_data(const value& at);

/// Base64 of *kind* and *media_type*.
caf::expected<models::attachment> read_base64(const value& at,
                                              models::attachment_kind kind,
                                              std::string_view media_type);

/// A sound: the `input_audio` of OpenAI's dialects.
caf::expected<models::attachment> read_audio(const value& from);

} // namespace machine::gateway::proxy
