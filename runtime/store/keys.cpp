#include "runtime/store/keys.hpp"

#include "runtime/store/checksum.hpp"

#include <sodium.h>

namespace machine::store::lmdb {

namespace {

void write_number(char* to, uint64_t x) {
  for (int i = 7; i >= 0; --i, x >>= 8)
    to[i] = static_cast<char>(x & 0xFF);
}

} // namespace

fixed_key<8> number_key(uint64_t x) {
  fixed_key<8> key;
  write_number(key.data(), x);
  return key;
}

fixed_key<16> pair_key(uint64_t first, uint64_t second) {
  fixed_key<16> key;
  write_number(key.data(), first);
  write_number(key.data() + 8, second);
  return key;
}

uint64_t number_at(std::string_view x, size_t offset) {
  if (x.size() < 8 || offset > x.size() - 8)
    return 0;
  uint64_t result = 0;
  for (size_t i = offset; i < offset + 8; ++i)
    result = (result << 8) | static_cast<unsigned char>(x[i]);
  return result;
}

uint64_t number_at_end(std::string_view x) {
  return x.size() < 8 ? 0 : number_at(x, x.size() - 8);
}

uint64_t to_number(timestamp x) {
  return static_cast<uint64_t>(x.time_since_epoch().count());
}

timestamp to_time(uint64_t x) {
  return timestamp{std::chrono::microseconds{static_cast<int64_t>(x)}};
}

std::string stream_key(const stream_id& x) {
  return order_prefix(x.kind, x.tenant) + x.id;
}

caf::expected<stream_id> parse_stream_key(std::string_view key) {
  auto first = key.find('\0');
  auto second = first == key.npos ? key.npos : key.find('\0', first + 1);
  if (second == key.npos)
    return make_error(ec::corrupt, "the key of a stream has not three parts");
  return stream_id{std::string{key.substr(0, first)},
                   std::string{key.substr(first + 1, second - first - 1)},
                   std::string{key.substr(second + 1)}};
}

std::string order_prefix(std::string_view kind, std::string_view tenant) {
  std::string key;
  // Room for what callers put behind it.
  key.reserve(kind.size() + tenant.size() + 2 + 128);
  key += kind;
  key += '\0';
  key += tenant;
  key += '\0';
  return key;
}

std::string field_prefix(std::string_view kind, std::string_view tenant,
                         std::string_view name, std::string_view value) {
  // LMDB's keys have at most 511 bytes, so the field stands as its digest.
  return order_prefix(kind, tenant) + field_digest(name, value);
}

std::string entry_key(std::string_view prefix, uint64_t number) {
  std::string key{prefix};
  key += number_key(number);
  return key;
}

std::string parse_hex(std::string_view hex, size_t size) {
  std::string result(size, '\0');
  size_t got = 0;
  if (hex.size() != 2 * size
      || sodium_hex2bin(reinterpret_cast<unsigned char*>(result.data()),
                        result.size(), hex.data(), hex.size(), nullptr, &got,
                        nullptr)
           != 0
      || got != size)
    return {};
  return result;
}

std::string to_hex(std::string_view x) {
  std::string result(x.size() * 2 + 1, '\0');
  sodium_bin2hex(result.data(), result.size(),
                 reinterpret_cast<const unsigned char*>(x.data()), x.size());
  result.pop_back();
  return result;
}

} // namespace machine::store::lmdb
