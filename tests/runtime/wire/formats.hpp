#pragma once

#include "runtime/wire/caf.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/runtime/wire/memory_bound.hpp"
#include "tests/support/arbitrary.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include <catch2/catch.hpp>

#include <concepts>

/// What must hold for every described type that crosses a wire:
/// `check_formats<task>()` in a TEST_CASE of its own.
namespace machine::test {

template <class T>
std::vector<char> to_caf(const T& x) {
  std::vector<char> buffer;
  caf::binary_serializer out{nullptr, buffer};
  if (out(const_cast<T&>(x)))
    buffer.clear();
  return buffer;
}

template <class T>
caf::expected<T> from_caf(const std::vector<char>& buffer) {
  T result{};
  caf::binary_deserializer in{nullptr, buffer};
  if (auto err = in(result))
    return err;
  return result;
}

/// Whether *x* and *y* are the same value; some types have no other use for it.
template <class T>
bool same(const T& x, const T& y) {
  if constexpr (std::equality_comparable<T>)
    return x == y;
  else
    return wire::to_msgpack(x) == wire::to_msgpack(y);
}

/// Calls *fn* with what is left of *whole* when it is cut off, at up to *most*
/// places.
template <class Buffer, class Fn>
void for_each_truncation(const Buffer& whole, size_t most, Fn&& fn) {
  auto step = whole.size() / most + 1;
  for (size_t i = 0; i < whole.size(); i += step)
    fn(Buffer(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(i)));
}

/// Calls *fn* with *whole* where one bit is another, or where one byte has all
/// its bits set, as it is in a size that lies, at up to *most* places.
template <class Buffer, class Fn>
void for_each_damage(const Buffer& whole, size_t most, Fn&& fn) {
  using element = typename Buffer::value_type;
  auto step = whole.size() / most + 1;
  for (auto i = *rc::gen::inRange<size_t>(0, step); i < whole.size();
       i += step) {
    auto other = whole;
    auto bit = *rc::gen::inRange(0, 8);
    other[i] = static_cast<element>(other[i] ^ (1 << bit));
    fn(other);
    other[i] = static_cast<element>(0xFF);
    fn(other);
  }
}

/// What *make* makes survives JSON, MessagePack and CAF.
template <class T>
void check_round_trips(std::string_view name, T (*make)()) {
  REQUIRE(rc::check(std::string{name} + " survives every format", [make] {
    auto x = make();
    auto json = wire::from_json<T>(wire::to_json(x));
    RC_ASSERT(json);
    RC_ASSERT(same(*json, x));
    auto msgpack = wire::from_msgpack<T>(wire::to_msgpack(x));
    RC_ASSERT(msgpack);
    RC_ASSERT(same(*msgpack, x));
    auto caf = from_caf<T>(to_caf(x));
    RC_ASSERT(caf);
    RC_ASSERT(same(*caf, x));
  }));
}

template <class T>
void check_round_trips() {
  check_round_trips<T>(wire::name_of<T>(), random_value<T>);
}

/// A variant survives with every alternative, so that none depends on luck.
template <class... Ts>
void check_alternatives(std::type_identity<std::variant<Ts...>>) {
  using variant = std::variant<Ts...>;
  (check_round_trips<variant>(Ts::wire_name,
                              [] { return variant{random_value<Ts>()}; }),
   ...);
}

/// What is cut off is an error; what is damaged is an error or another value
/// that survives its format; neither takes much memory. *most* places of each
/// value are damaged.
template <class T>
void check_damage(size_t most = 200) {
  auto name = std::string{wire::name_of<T>()} + " can be damaged";
  memory_bound bound;
  REQUIRE(rc::check(name, [most] {
    auto x = random_value<T>();
    auto json = wire::to_json(x);
    for_each_truncation(json, most, [](const auto& part) {
      RC_ASSERT(!wire::from_json<T>(part));
    });
    for_each_damage(json, most, [](const auto& other) {
      if (auto y = wire::from_json<T>(other)) {
        auto z = wire::from_json<T>(wire::to_json(*y));
        RC_ASSERT(z);
        RC_ASSERT(same(*z, *y));
      }
    });
    auto msgpack = wire::to_msgpack(x);
    for_each_truncation(msgpack, most, [](const auto& part) {
      RC_ASSERT(!wire::from_msgpack<T>(part));
    });
    for_each_damage(msgpack, most, [](const auto& other) {
      if (auto y = wire::from_msgpack<T>(other)) {
        auto z = wire::from_msgpack<T>(wire::to_msgpack(*y));
        RC_ASSERT(z);
        RC_ASSERT(same(*z, *y));
      }
    });
    auto caf = to_caf(x);
    for_each_truncation(
      caf, most, [](const auto& part) { RC_ASSERT(!from_caf<T>(part)); });
    for_each_damage(caf, most, [](const auto& other) {
      static_cast<void>(from_caf<T>(other));
    });
  }));
}

/// Both of the above.
template <class T>
void check_formats(size_t most = 200) {
  check_round_trips<T>();
  check_damage<T>(most);
}

} // namespace machine::test
