#pragma once

#include "runtime/wire/kinds.hpp"
#include "runtime/wire/sink.hpp"

#include <algorithm>

namespace machine::wire {

template <class T>
void encode(sink& out, const T& x);

/// Members that will be written: an optional without value is left out.
template <described T>
size_t present_fields(const T& x) {
  size_t count = 0;
  for_each_field<T>(x, [&](std::string_view, const auto& y) {
    if constexpr (is_optional<std::remove_cvref_t<decltype(y)>>)
      count += y.has_value() ? 1 : 0;
    else
      ++count;
  });
  return count;
}

template <described T>
void encode_fields(sink& out, const T& x) {
  for_each_field<T>(x, [&](std::string_view name, const auto& y) {
    if constexpr (is_optional<std::remove_cvref_t<decltype(y)>>) {
      if (y) {
        out.key(name);
        encode(out, *y);
      }
    } else {
      out.key(name);
      encode(out, y);
    }
  });
}

/// Writes *x* to *out*.
template <class T>
void encode(sink& out, const T& x) {
  if constexpr (std::is_same_v<T, bool>) {
    out.boolean(x);
  } else if constexpr (described_enum<T>) {
    out.text(to_name(x));
  } else if constexpr (std::is_floating_point_v<T>) {
    out.real(x);
  } else if constexpr (std::is_integral_v<T> && sizeof(T) <= 4) {
    out.small_integer(x);
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    out.integer(x);
  } else if constexpr (std::is_integral_v<T>) {
    out.unsigned_integer(x);
  } else if constexpr (std::is_same_v<T, std::string>) {
    out.text(x);
  } else if constexpr (std::is_same_v<T, bytes>) {
    out.binary(x);
  } else if constexpr (std::is_same_v<T, timestamp>) {
    out.time(x);
  } else if constexpr (std::is_same_v<T, duration>) {
    constexpr auto most = int64_t{1} << 53;
    out.small_integer(std::clamp<int64_t>(x.count(), -most, most));
  } else if constexpr (std::is_same_v<T, json_text>) {
    out.embedded(x);
  } else if constexpr (is_optional<T>) {
    if (x)
      encode(out, *x);
    else
      out.null();
  } else if constexpr (described<T>) {
    out.begin_map(present_fields(x));
    encode_fields(out, x);
    out.end_map();
  } else if constexpr (described_variant<T>) {
    static_assert(has_room_for_tag<T>, "a member is named type, like the tag");
    std::visit(
      [&]<class U>(const U& y) {
        out.begin_map(present_fields(y) + 1);
        out.key("type");
        out.text(U::wire_name);
        encode_fields(out, y);
        out.end_map();
      },
      x);
  } else if constexpr (is_map<T>) {
    out.begin_map(x.size());
    for (auto& [key, value] : x) {
      out.key(key);
      encode(out, value);
    }
    out.end_map();
  } else {
    static_assert(is_array<T> || is_list<T>, "no type that crosses a wire");
    out.begin_list(x.size());
    for (auto& y : x)
      encode(out, y);
    out.end_list();
  }
}

} // namespace machine::wire
