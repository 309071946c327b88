#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace machine::config {

/// What a value is.
enum class value_kind : uint8_t {
  text,
  integer,
  /// `true` or `false`.
  boolean,
  /// `250ms`, `10s`, `5m`, `2h`, `1d`.
  duration,
  /// A duration, or `never`.
  limit,
  /// Bytes: `1048576`, `64KiB`, `2GiB`.
  size,
  /// Dollars: `0.50`.
  money,
};

enum class visibility : uint8_t {
  open,
  secret,
  /// The name and the password in an address are not shown. What has a scheme
  /// is taken for an address anyway.
  address,
};

/// One setting, described once.
struct key {
  /// `store.map_limit`
  std::string name;
  value_kind kind = value_kind::text;
  /// As a person would write it.
  std::string usual;
  /// `bytes`, `US dollars`, ...; empty if there is none.
  std::string unit;
  /// One sentence.
  std::string doc;
  /// Bounds of numbers, in the unit that the value is counted in.
  int64_t low = 0;
  int64_t high = INT64_MAX;
  /// The only values of a text; empty: any.
  std::vector<std::string> choices;
  visibility shown = visibility::open;
  /// A variable of the environment that others use for the same thing.
  std::string also;
};

/// Every setting of the machine, by name.
const std::vector<key>& machine_keys();

/// `THEMACHINE_STORE_MAP_LIMIT` for `store.map_limit`.
std::string variable_of(std::string_view name);

} // namespace machine::config
