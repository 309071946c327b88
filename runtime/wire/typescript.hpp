#pragma once

#include "runtime/error.hpp"
#include "runtime/wire/kinds.hpp"

#include <algorithm>

namespace machine::wire {

/// Text as a template argument.
template <size_t N>
struct literal {
  char text[N]{};

  constexpr literal(const char (&from)[N]) {
    std::copy_n(from, N, text);
  }
};

/// Gives a type without a name of its own, an enumeration or a variant, the
/// name under which it is exported: `named<"run_event", run_event>`.
template <literal Name, class T>
struct named {};

/// Collects declarations, each after those that it refers to first.
class typescript_writer {
public:
  /// What *T*, read from JSON, is in TypeScript; declares what it refers to.
  template <class T>
  std::string type_of();

  /// Declares *Name* and what it refers to.
  template <literal Name, class T>
  void declare(std::type_identity<named<Name, T>>);

  template <described T>
  void declare(std::type_identity<T>);

  /// Everything that was declared. Fails with `conflict` if two types have the
  /// same name.
  caf::expected<std::string> take();

private:
  /// Whether *name* still has to be declared.
  bool begin(std::string_view name, const void* type);

  static std::string quote(std::string_view x);
  static std::string member(std::string_view name, std::string_view mark,
                            std::string_view type);
  static std::string element(std::string type);

  std::map<std::string, const void*, std::less<>> names_;
  std::string text_;
  std::string conflict_;
};

template <literal Name, class T>
void typescript_writer::declare(std::type_identity<named<Name, T>>) {
  if (!begin(Name.text, &identity<T>))
    return;
  auto type = type_of<T>();
  text_ += "export type " + std::string{Name.text} + " = " + type + ";\n";
}

template <described T>
void typescript_writer::declare(std::type_identity<T>) {
  if (!begin(T::wire_name, &identity<T>))
    return;
  std::string members;
  auto add = [&]<class M>(std::string_view name, M T::*) {
    if constexpr (is_optional<M>)
      members += member(name, "?: ", type_of<typename M::value_type>());
    else
      members += member(name, ": ", type_of<M>());
  };
  T::fields()([&](auto... fs) { (add(fs.name, fs.member), ...); });
  text_ +=
    "export interface " + std::string{T::wire_name} + " {\n" + members + "}\n";
}

template <class T>
std::string typescript_writer::type_of() {
  constexpr bool is_text =
    std::is_same_v<
      T,
      std::string> || std::is_same_v<T, bytes> || std::is_same_v<T, timestamp>;
  // JavaScript's numbers have 53 bits.
  constexpr bool is_long = std::is_integral_v<T> && sizeof(T) == 8;
  if constexpr (std::is_same_v<T, bool>) {
    return "boolean";
  } else if constexpr (described_enum<T>) {
    std::string result;
    for (auto [name, value] : wire_names(T{}))
      result += (result.empty() ? "" : " | ") + quote(name);
    return result;
  } else if constexpr (is_text || is_long) {
    return "string";
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, duration>) {
    return "number";
  } else if constexpr (std::is_same_v<T, json_text>) {
    return "unknown";
  } else if constexpr (described<T>) {
    declare(std::type_identity<T>{});
    return T::wire_name;
  } else if constexpr (described_variant<T>) {
    std::string result;
    [&]<class... Us>(std::type_identity<std::variant<Us...>>) {
      ((result += (result.empty() ? "" : " | ") + std::string{"({ type: "}
                + quote(Us::wire_name) + " } & " + type_of<Us>() + ")"),
       ...);
    }(std::type_identity<T>{});
    return result;
  } else if constexpr (is_optional<T>) {
    return type_of<typename T::value_type>() + " | null";
  } else if constexpr (is_map<T>) {
    return "Record<string, " + type_of<typename T::mapped_type>() + ">";
  } else {
    static_assert(is_array<T> || is_list<T>, "no type that crosses a wire");
    return element(type_of<typename T::value_type>()) + "[]";
  }
}

/// TypeScript declarations of *Ts*, which are described types or `named`, and
/// of all that they refer to: what `to_json` writes. The same types in the
/// same order make the same text. Fails with `conflict` if two types have the
/// same name.
template <class... Ts>
caf::expected<std::string> typescript() {
  typescript_writer out;
  (out.declare(std::type_identity<Ts>{}), ...);
  return out.take();
}

} // namespace machine::wire
