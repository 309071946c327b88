#pragma once

#include "runtime/wire/kinds.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string>

namespace machine::wire {

template <class T, class... Ts>
constexpr bool is_one_of = (std::is_same_v<T, Ts> || ...);

template <class T>
constexpr bool is_scalar =
  is_one_of<T, std::string, bytes, timestamp, duration>;

template <class T>
  requires std::is_arithmetic_v<T>
constexpr bool is_scalar<T> = true;

template <described_enum T>
constexpr bool is_scalar<T> = true;

/// What is spelled as one value: neither list nor map nor document.
template <class T>
concept scalar = is_scalar<T>;

/// The JSON Schema of a *T*, as JSON: for a parameter of a path or a query.
template <scalar T>
std::string scalar_schema();

class json_schema_set;

/// The schema of some type; adds what it refers to.
using schema_maker = std::string (*)(json_schema_set&);

/// Whether a member may be missing.
enum class presence : uint8_t { required, optional };

/// What a schema says of a member.
struct schema_member {
  std::string_view name;
  presence must_be;
  schema_maker schema;
};

/// One of the types of a variant.
struct schema_alternative {
  /// What stands in its `type`.
  std::string_view tag;
  schema_maker schema;
};

/// JSON Schemas (2020-12, as in OpenAPI 3.1) of what `to_json` writes and
/// `from_json` reads. Described types are definitions that schemas refer to.
///
/// A schema accepts all that is written, but for the null that stands for a
/// number that is not finite and that nobody reads. Of what is read it refuses
/// 64-bit integers with more digits than any has, as leading zeros make them,
/// and times with a space in place of the T. It accepts some of what is not
/// read, for JSON Schema has no words for it: 1.0 as an integer, keys that
/// stand twice, times outside of the years 1 to 9999, strings of as many digits
/// as a 64-bit integer that is above all of them, and what the reader's
/// `limits` refuse.
class json_schema_set {
public:
  /// @param ref_prefix Where the definitions will stand.
  explicit json_schema_set(std::string ref_prefix = "#/components/schemas/")
      : ref_prefix_(std::move(ref_prefix)) {}

  /// The schema of *T*, as JSON; adds the definitions that it refers to. A
  /// definition is named after the `schema_name`, or the `wire_name`; of
  /// several types of one name the second to come becomes `name_2`, the third
  /// `name_3`.
  template <class T>
  std::string add();

  /// The same, for what is read by somebody who refuses members that a *T* does
  /// not have. The objects within it may have more members, as always.
  template <described T>
  std::string add_closed();

  /// All definitions: a JSON object of names and schemas, in the order of the
  /// names.
  std::string definitions() const;

private:
  std::string define(std::string_view name, const void* type,
                     std::span<const schema_member> members);
  std::string one_of(std::span<const schema_alternative> alternatives);

  std::string ref_prefix_;
  /// By the address of their `identity`.
  std::map<const void*, std::string> names_;
  std::map<std::string, std::string> definitions_;
};

/// An integer of *bits*, 8 to 64. JavaScript cannot count to 64 bits: those are
/// written as text, and numbers are read.
std::string signed_schema(size_t bits);
std::string unsigned_schema(size_t bits);

/// One of *names*.
std::string enumeration_schema(std::span<const std::string_view> names);

/// What *schema* says, or null.
std::string nullable_schema(const std::string& schema);

/// Any number of *element*.
std::string list_schema(const std::string& element);

/// So many of *element*.
std::string array_schema(const std::string& element, size_t size);

/// An object with any keys.
std::string map_schema(const std::string& value);

/// What *reference* refers to, without further members.
std::string closed_schema(std::string reference);

/// Whether OpenAPI takes *name* for a definition.
constexpr bool is_definition_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

template <scalar T>
std::string scalar_schema() {
  if constexpr (std::is_same_v<T, bool>) {
    return R"({"type":"boolean"})";
  } else if constexpr (described_enum<T>) {
    std::vector<std::string_view> names;
    for (auto [name, value] : wire_names(T{}))
      names.push_back(name);
    return enumeration_schema(names);
  } else if constexpr (std::is_same_v<T, float>) {
    // The greatest float.
    return R"({"type":"number","format":"float",)"
           R"("minimum":-3.4028234663852886e+38,)"
           R"("maximum":3.4028234663852886e+38})";
  } else if constexpr (std::is_floating_point_v<T>) {
    return R"({"type":"number","format":"double"})";
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    return signed_schema(sizeof(T) * 8);
  } else if constexpr (std::is_integral_v<T>) {
    return unsigned_schema(sizeof(T) * 8);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return R"({"type":"string"})";
  } else if constexpr (std::is_same_v<T, bytes>) {
    return R"({"type":"string","contentEncoding":"base64","pattern":)"
           R"("^([A-Za-z0-9+/]{4})*)"
           R"(([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"})";
  } else if constexpr (std::is_same_v<T, timestamp>) {
    return R"({"type":"string","format":"date-time"})";
  } else {
    // The bounds of the reader.
    return R"({"type":"integer","description":"milliseconds",)"
           R"("minimum":-9007199254740992,"maximum":9007199254740992})";
  }
}

// A fold makes a table of names and functions; what is done with them is
// compiled once.

template <class T>
std::string make_schema(json_schema_set& set) {
  return set.add<T>();
}

template <class Field, class T, class M>
constexpr schema_member schema_member_of(const Field& field, M T::*) {
  constexpr auto may_be_missing = is_optional<M> || requires {
    Field::may_be_missing;
  };
  return {field.name, may_be_missing ? presence::optional : presence::required,
          make_schema<M>};
}

/// What the definition of a *T* is called: `schema_name`, where several types
/// have one `wire_name`.
template <described T>
constexpr const char* definition_name() {
  if constexpr (requires { T::schema_name; })
    return T::schema_name;
  else
    return T::wire_name;
}

template <class T>
std::string json_schema_set::add() {
  if constexpr (scalar<T>) {
    return scalar_schema<T>();
  } else if constexpr (std::is_same_v<T, json_text>) {
    return "{}";
  } else if constexpr (is_optional<T>) {
    return nullable_schema(add<typename T::value_type>());
  } else if constexpr (described<T>) {
    static_assert(is_definition_name(definition_name<T>()),
                  "a definition's name has letters, digits and _-. only");
    return T::fields()([&](auto... fs) {
      const std::array<schema_member, sizeof...(fs)> members{
        schema_member_of(fs, fs.member)...};
      return define(definition_name<T>(), &identity<T>, members);
    });
  } else if constexpr (described_variant<T>) {
    static_assert(has_room_for_tag<T>, "a member is named type, like the tag");
    return [&]<class... Us>(std::type_identity<std::variant<Us...>>) {
      return one_of(std::array<schema_alternative, sizeof...(Us)>{
        schema_alternative{Us::wire_name, make_schema<Us>}...});
    }(std::type_identity<T>{});
  } else if constexpr (is_map<T>) {
    return map_schema(add<typename T::mapped_type>());
  } else if constexpr (is_array<T>) {
    return array_schema(add<typename T::value_type>(), std::tuple_size_v<T>);
  } else {
    static_assert(is_list<T>, "no type that crosses a wire");
    return list_schema(add<typename T::value_type>());
  }
}

template <described T>
std::string json_schema_set::add_closed() {
  return closed_schema(add<T>());
}

} // namespace machine::wire
