#pragma once

#include "runtime/wire/kinds.hpp"

namespace machine::wire {

/// Spells out types: names, members, enumerators and their numbers.
class schema_writer {
public:
  /// How *T* is referred to; spells out what it refers to.
  template <class T>
  std::string spell();

  /// The described types, a line each.
  const std::string& text() const {
    return text_;
  }

private:
  // By number and not by name, so that even namesakes are told apart.
  std::map<const void*, std::string> known_;
  std::string text_;
};

template <class T>
std::string schema_writer::spell() {
  if constexpr (std::is_same_v<T, bool>) {
    return "bool";
  } else if constexpr (described_enum<T>) {
    using number = std::underlying_type_t<T>;
    auto result = spell<number>() + "(";
    for (auto [name, value] : wire_names(T{}))
      result += std::string{name} + "="
              + std::to_string(static_cast<number>(value)) + " ";
    return result + ")";
  } else if constexpr (std::is_arithmetic_v<T>) {
    return (std::is_floating_point_v<T> ? "f"
            : std::is_signed_v<T>       ? "i"
                                        : "u")
         + std::to_string(sizeof(T) * 8);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "string";
  } else if constexpr (std::is_same_v<T, bytes>) {
    return "bytes";
  } else if constexpr (std::is_same_v<T, timestamp>) {
    return "timestamp";
  } else if constexpr (std::is_same_v<T, duration>) {
    return "duration";
  } else if constexpr (std::is_same_v<T, json_text>) {
    return "json";
  } else if constexpr (is_optional<T>) {
    return spell<typename T::value_type>() + "?";
  } else if constexpr (is_list<T>) {
    return "[" + spell<typename T::value_type>() + "]";
  } else if constexpr (is_array<T>) {
    return "[" + spell<typename T::value_type>() + "*"
         + std::to_string(std::tuple_size_v<T>) + "]";
  } else if constexpr (is_map<T>) {
    return "{" + spell<typename T::mapped_type>() + "}";
  } else if constexpr (described_variant<T>) {
    std::string result;
    [&]<class... Us>(std::type_identity<std::variant<Us...>>) {
      ((result += (result.empty() ? "<" : "|") + spell<Us>()), ...);
    }(std::type_identity<T>{});
    return result + ">";
  } else {
    static_assert(described<T>, "no type that crosses a wire");
    auto number = "#" + std::to_string(known_.size());
    auto [place, added] = known_.emplace(&identity<T>, number);
    if (!added)
      return place->second;
    auto line = number + " " + T::wire_name + ":";
    auto add = [&]<class M>(std::string_view name, M T::*) {
      line += " " + std::string{name} + "=" + spell<M>();
    };
    T::fields()([&](auto... fs) { (add(fs.name, fs.member), ...); });
    text_ += line + "\n";
    return number;
  }
}

/// What `schema_hash` is the hash of; two of them compared tell what differs
/// between two builds.
template <class... Ts>
std::string schema_text() {
  schema_writer out;
  std::string order;
  ((order += out.spell<Ts>() + "\n"), ...);
  return out.text() + order;
}

/// 16 hexadecimal digits of FNV-1a with 64 bits.
std::string hash_text(std::string_view text);

/// A hash of the names, members and types of *Ts* and of all that they refer
/// to: equal where CAF's positional serialization of them is compatible.
template <class... Ts>
std::string schema_hash() {
  return hash_text(schema_text<Ts...>());
}

} // namespace machine::wire
