#pragma once

#include "runtime/store/store.hpp"

#include <array>
#include <string>
#include <string_view>

/// How the LMDB engine spells keys. Numbers are big-endian, so that the order
/// of the keys is the order of the numbers.
namespace machine::store::lmdb {

/// A key of known size that needs no memory of its own.
template <size_t Size>
class fixed_key {
public:
  char* data() {
    return bytes_.data();
  }

  size_t size() const {
    return Size;
  }

  operator std::string_view() const {
    return {bytes_.data(), Size};
  }

private:
  std::array<char, Size> bytes_{};
};

fixed_key<8> number_key(uint64_t x);

/// Two numbers: for an event, its stream's and its own.
fixed_key<16> pair_key(uint64_t first, uint64_t second);

/// The eight bytes at *offset* of *x* as a number; 0 if there are none.
uint64_t number_at(std::string_view x, size_t offset);

/// The last eight bytes of *x* as a number.
uint64_t number_at_end(std::string_view x);

uint64_t to_number(timestamp x);
timestamp to_time(uint64_t x);

/// `kind NUL tenant NUL id`.
std::string stream_key(const stream_id& x);

/// The parts of a stream's key.
caf::expected<stream_id> parse_stream_key(std::string_view key);

/// `kind NUL tenant NUL`: in the table of orders a stream's number follows.
std::string order_prefix(std::string_view kind, std::string_view tenant);

/// The same and 16 bytes for the field: in the table of fields a stream's
/// number follows.
std::string field_prefix(std::string_view kind, std::string_view tenant,
                         std::string_view name, std::string_view value);

/// *prefix* and *number*.
std::string entry_key(std::string_view prefix, uint64_t number);

/// *size* bytes of as many pairs of hexadecimal digits; empty for anything
/// else.
std::string parse_hex(std::string_view hex, size_t size);

/// *x* in hexadecimal digits.
std::string to_hex(std::string_view x);

} // namespace machine::store::lmdb
