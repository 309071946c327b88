#pragma once

#include "runtime/types.hpp"

#include <array>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace machine::wire {

/// Binds the wire name of a member to its address.
template <class T, class M>
struct field {
  std::string_view name;
  M T::*member;
};

template <class T, class M>
field(const char*, M T::*) -> field<T, M>;

/// A member that was added later: old data, which has none, reads as if it had
/// the value of a new object.
template <class T, class M>
struct later : field<T, M> {
  static constexpr bool may_be_missing = true;
};

template <class T, class M>
later(const char*, M T::*) -> later<T, M>;

/// The members of a type: calls a function with all of its fields at once.
/// Other than a std::tuple it costs a compiler next to nothing.
template <class... Fields>
constexpr auto members(Fields... fields) {
  return [=]<class Fn>(Fn&& fn) -> decltype(auto) { return fn(fields...); };
}

/// A type that lists its members exactly once in `T::fields()`. Every format
/// (CAF, JSON, MessagePack, TypeScript) is a fold over that list. A member of
/// type `std::optional` may be missing; a member that was added later must be
/// one, or be described by `later`, so that old data still reads.
template <class T>
concept described = std::is_class_v<T> && requires {
  { T::wire_name } -> std::convertible_to<const char*>;
  T::fields();
};

/// An enumeration that lists its spellings once via `wire_names(E{})`, as an
/// array of pairs `{name, value}`.
template <class E>
concept described_enum = std::is_enum_v<E> && requires(E x) {
  wire_names(x);
};

template <class T>
constexpr bool is_optional = false;

template <class T>
constexpr bool is_optional<std::optional<T>> = true;

template <class T>
constexpr bool is_described_variant = false;

template <described... Ts>
constexpr bool is_described_variant<std::variant<Ts...>> = true;

/// One of several described types. In JSON and MessagePack it is the map of
/// the alternative's fields plus `"type"`, the alternative's `wire_name`.
template <class T>
concept described_variant = is_described_variant<T>;

/// Calls `fn(name, member)` for each field of *x*, in declaration order.
template <described T, class Object, class Fn>
  requires std::same_as<std::remove_const_t<Object>, T>
constexpr void for_each_field(Object& x, Fn&& fn) {
  T::fields()([&](auto... fs) { (fn(fs.name, x.*(fs.member)), ...); });
}

/// The spelling of *value*, or `"?"` for a value of no enumerator.
template <described_enum E>
constexpr std::string_view to_name(E value) {
  for (auto [name, candidate] : wire_names(value))
    if (candidate == value)
      return name;
  return "?";
}

/// The enumerator spelled *text*, if there is one.
template <described_enum E>
constexpr std::optional<E> from_name(std::string_view text) {
  for (auto [name, candidate] : wire_names(E{}))
    if (name == text)
      return candidate;
  return std::nullopt;
}

} // namespace machine::wire

namespace machine {

/// Found by ADL: CAF renders described enumerations through it.
template <wire::described_enum E>
std::string to_string(E x) {
  return std::string{wire::to_name(x)};
}

} // namespace machine
