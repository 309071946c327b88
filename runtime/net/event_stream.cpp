#include "runtime/net/event_stream.hpp"

#include <algorithm>
#include <array>

namespace machine::net {

namespace {

/// Both lengths and their checksum.
constexpr size_t prelude_bytes = 12;

constexpr size_t checksum_bytes = 4;

constexpr std::array<uint32_t, 256> crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    auto x = i;
    for (int bit = 0; bit < 8; ++bit)
      x = (x & 1) != 0 ? 0xEDB88320 ^ (x >> 1) : x >> 1;
    table[i] = x;
  }
  return table;
}

/// A number of *size* bytes, the highest first.
uint32_t number_at(std::string_view x, size_t at, size_t size) {
  uint32_t result = 0;
  for (size_t i = 0; i < size; ++i)
    result = result << 8 | static_cast<unsigned char>(x[at + i]);
  return result;
}

void add_number(std::string& to, uint32_t x, size_t size) {
  for (auto i = size; i-- > 0;)
    to += static_cast<char>(x >> (8 * i) & 0xFF);
}

/// Bytes of a value of type *kind*; none if they are told by its length, or if
/// there is no such type.
std::optional<size_t> fixed_size(uint32_t kind) {
  switch (kind) {
    case 0:
    case 1: return 0;
    case 2: return 1;
    case 3: return 2;
    case 4: return 4;
    case 5:
    case 8: return 8;
    case 9: return 16;
    default: return std::nullopt;
  }
}

caf::error damaged(const char* what) {
  return make_error(ec::corrupt,
                    std::string{"a message of the stream is damaged: "} + what);
}

caf::error read_headers(std::string_view from, event_message& to) {
  constexpr uint32_t is_bytes = 6;
  constexpr uint32_t is_text = 7;
  while (!from.empty()) {
    auto name_size = number_at(from, 0, 1);
    if (name_size == 0 || from.size() < 2 + name_size)
      return damaged("a header has no name");
    auto name = from.substr(1, name_size);
    auto kind = number_at(from, 1 + name_size, 1);
    from.remove_prefix(2 + name_size);
    auto size = fixed_size(kind);
    if (kind == is_bytes || kind == is_text) {
      if (from.size() < 2)
        return damaged("a header has no value");
      size = number_at(from, 0, 2);
      from.remove_prefix(2);
    }
    if (!size || from.size() < *size)
      return damaged("a header has no value");
    if (kind == is_text)
      to.headers.emplace_back(name, from.substr(0, *size));
    from.remove_prefix(*size);
  }
  return caf::none;
}

/// Reads a message that is there as a whole.
caf::expected<event_message> read_message(std::string_view x) {
  auto end = x.size() - checksum_bytes;
  if (crc32(x.substr(0, end)) != number_at(x, end, 4))
    return damaged("its checksum is wrong");
  auto header_size = number_at(x, 4, 4);
  event_message result;
  if (auto problem = read_headers(x.substr(prelude_bytes, header_size), result))
    return problem;
  auto begin = prelude_bytes + header_size;
  result.payload = x.substr(begin, end - begin);
  return result;
}

/// How long the message is that *x* begins with.
caf::expected<size_t> read_prelude(std::string_view x) {
  auto size = number_at(x, 0, 4);
  auto header_size = number_at(x, 4, 4);
  if (crc32(x.substr(0, 8)) != number_at(x, 8, 4))
    return damaged("the checksum of its length is wrong");
  if (size > event_stream_parser::max_message_bytes
      || header_size > event_stream_parser::max_header_bytes)
    return make_error(ec::limit_exceeded,
                      "a message of the stream has more than 16 MiB, or more "
                      "than 128 KiB of headers");
  if (size < prelude_bytes + checksum_bytes
      || header_size > size - prelude_bytes - checksum_bytes)
    return damaged("it is shorter than its parts");
  return size;
}

} // namespace

std::optional<std::string> event_message::header(std::string_view name) const {
  for (auto& [key, value] : headers)
    if (key == name)
      return value;
  return std::nullopt;
}

caf::expected<std::vector<event_message>>
event_stream_parser::feed(std::string_view data) {
  std::vector<event_message> result;
  pending_ += data;
  std::string_view rest{pending_};
  while (rest.size() >= prelude_bytes) {
    auto size = read_prelude(rest);
    if (!size)
      return std::move(size.error());
    if (rest.size() < *size)
      break;
    auto message = read_message(rest.substr(0, *size));
    if (!message)
      return std::move(message.error());
    result.push_back(std::move(*message));
    rest.remove_prefix(*size);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return result;
}

std::string encode_event_message(const event_message& x) {
  std::string headers;
  for (auto& [name, value] : x.headers) {
    add_number(headers, static_cast<uint32_t>(name.size()), 1);
    headers += name;
    headers += '\7';
    add_number(headers, static_cast<uint32_t>(value.size()), 2);
    headers += value;
  }
  std::string result;
  add_number(result,
             static_cast<uint32_t>(prelude_bytes + headers.size()
                                   + x.payload.size() + checksum_bytes),
             4);
  add_number(result, static_cast<uint32_t>(headers.size()), 4);
  add_number(result, crc32(result), 4);
  result += headers;
  result += x.payload;
  add_number(result, crc32(result), 4);
  return result;
}

uint32_t crc32(std::string_view x) {
  static constexpr auto table = crc_table();
  uint32_t sum = 0xFFFFFFFF;
  for (auto c : x)
    sum = table[(sum ^ static_cast<unsigned char>(c)) & 0xFF] ^ (sum >> 8);
  return ~sum;
}

} // namespace machine::net
