#pragma once

#include "runtime/wire/codec.hpp"
#include "runtime/wire/sink.hpp"

#include <algorithm>
#include <span>

namespace machine::wire {

template <class T>
void encode(sink& out, const T& x);

/// A member that is written through its address.
struct storable {
  std::string_view name;
  /// Null: an optional without value, which is left out.
  const void* value;
  void (*write)(sink&, const void* value);
};

/// Writes a map; *tag* is its `type`, unless it is empty.
void encode_members(sink& out, std::string_view tag,
                    std::span<const storable> members);

template <class T>
void encode_erased(sink& out, const void* value) {
  encode(out, *static_cast<const T*>(value));
}

template <class T>
storable storable_of(std::string_view name, const T& x) {
  if constexpr (is_optional<T>) {
    return {name, x ? &*x : nullptr, encode_erased<typename T::value_type>};
  } else {
    return {name, &x, encode_erased<T>};
  }
}

// A fold makes a table of addresses; what is done with them is compiled once,
// and what is done with a member once for each type of members.
template <described T>
void encode_struct(sink& out, std::string_view tag, const T& x) {
  T::fields()([&](auto... fs) {
    const std::array<storable, sizeof...(fs)> members{
      storable_of(fs.name, x.*(fs.member))...};
    encode_members(out, tag, members);
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
  } else if constexpr (coded<T>) {
    codec<T>::encode(out, x);
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

template <class T>
void codec<T>::encode(sink& out, const T& x) {
  if constexpr (described<T>) {
    encode_struct(out, {}, x);
  } else {
    static_assert(has_room_for_tag<T>, "a member is named type, like the tag");
    std::visit(
      [&]<class U>(const U& y) { encode_struct(out, U::wire_name, y); }, x);
  }
}

} // namespace machine::wire
