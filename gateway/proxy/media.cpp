#include "gateway/proxy/media.hpp"

#include <algorithm>
#include <array>

namespace machine::gateway::proxy {

using models::attachment;
using models::attachment_kind;

namespace {

/// Bound on an address, in bytes.
constexpr size_t max_url = 8'192;

constexpr size_t max_media_type = 128;

/// 1 for what is no digit of Base64.
constexpr auto strangers = [] {
  std::array<uint8_t, 256> result{};
  result.fill(1);
  for (auto c = 'A'; c <= 'Z'; ++c)
    result[static_cast<uint8_t>(c)] = 0;
  for (auto c = 'a'; c <= 'z'; ++c)
    result[static_cast<uint8_t>(c)] = 0;
  for (auto c = '0'; c <= '9'; ++c)
    result[static_cast<uint8_t>(c)] = 0;
  result['+'] = result['/'] = 0;
  return result;
}();

bool is_token(std::string_view text) {
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || c == '.' || c == '+' || c == '-'
        || c == '_';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

/// An address that a provider can fetch.
bool is_http_url(std::string_view text) {
  auto rest = text.starts_with("https://") ? text.substr(8)
            : text.starts_with("http://")  ? text.substr(7)
                                           : std::string_view{};
  auto fits = [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '"'
        && c != '<' && c != '>' && c != '\\';
  };
  return !rest.empty() && rest.front() != '/'
      && std::all_of(rest.begin(), rest.end(), fits);
}

caf::expected<attachment> read_address(const value& at, attachment_kind kind,
                                       std::string_view instead) {
  auto url = at.text(max_url);
  if (!url)
    return url.error();
  if (!is_http_url(*url))
    return at.wrong("this is no address that begins with https:// or http://"
                    + std::string{instead});
  return attachment{.kind = kind, .url = std::string{*url}};
}

attachment made(attachment_kind kind, const data_url& from) {
  return {.kind = kind,
          .media_type = std::string{from.media_type},
          .data = std::string{from.data}};
}

} // namespace

bool is_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0)
    return false;
  auto digits = text;
  for (auto i = 0; i < 2 && digits.ends_with('='); ++i)
    digits.remove_suffix(1);
  uint8_t strange = 0;
  for (auto c : digits)
    strange |= strangers[static_cast<uint8_t>(c)];
  return strange == 0;
}

bool is_media_type(std::string_view text) {
  auto slash = text.find('/');
  return text.size() <= max_media_type && slash != text.npos
      && is_token(text.substr(0, slash)) && is_token(text.substr(slash + 1));
}

std::optional<data_url> parse_data_url(std::string_view text) {
  constexpr std::string_view scheme = "data:";
  constexpr std::string_view marker = ";base64,";
  if (!text.starts_with(scheme))
    return std::nullopt;
  text.remove_prefix(scheme.size());
  auto end = text.substr(0, max_media_type + marker.size()).find(marker);
  if (end == text.npos)
    return std::nullopt;
  data_url result{text.substr(0, end), text.substr(end + marker.size())};
  if (!is_media_type(result.media_type) || !is_base64(result.data))
    return std::nullopt;
  return result;
}

caf::expected<attachment> read_image_url(const value& at) {
  auto url = at.text();
  if (!url)
    return url.error();
  if (!url->starts_with("data:"))
    return read_address(at, attachment_kind::image,
                        "; or send the image itself, as "
                        "data:image/png;base64,...");
  auto data = parse_data_url(*url);
  if (!data || !data->media_type.starts_with("image/"))
    return at.wrong("this is no image in a data URL; write "
                    "data:image/png;base64,... with padded Base64, without "
                    "line breaks");
  return made(attachment_kind::image, *data);
}

caf::expected<attachment> read_document_url(const value& at) {
  return read_address(at, attachment_kind::document, "");
}

caf::expected<attachment> read_document_data(const value& at) {
  auto text = at.text();
  if (!text)
    return text.error();
  if (!text->starts_with("data:"))
    return read_base64(at, attachment_kind::document, "application/pdf");
  auto data = parse_data_url(*text);
  if (!data)
    return at.wrong("this is no file in a data URL; write "
                    "data:application/pdf;base64,... with padded Base64, "
                    "without line breaks");
  auto is_image = data->media_type.starts_with("image/");
  return made(is_image ? attachment_kind::image : attachment_kind::document,
              *data);
}

caf::expected<attachment> read_base64(const value& at, attachment_kind kind,
                                      std::string_view media_type) {
  auto data = at.text();
  if (!data)
    return data.error();
  if (!is_base64(*data))
    return at.wrong("this is no Base64; send it padded, without line breaks");
  return made(kind, {media_type, *data});
}

caf::expected<attachment> read_audio(const value& from) {
  auto format = from.required("format");
  if (!format)
    return format.error();
  auto name = format->one_of({"wav", "mp3"});
  if (!name)
    return name.error();
  auto data = from.required("data");
  if (!data)
    return data.error();
  return read_base64(*data, attachment_kind::audio,
                     *name == "wav" ? "audio/wav" : "audio/mpeg");
}

} // namespace machine::gateway::proxy
