#pragma once

#include "runtime/wire/codec.hpp"
#include "runtime/wire/document.hpp"

#include <limits>
#include <span>
#include <utility>

namespace machine::wire {

/// Which format a document was read from: they spell some types differently.
enum class format : uint8_t { json, msgpack };

class decoder;

/// A value that is read through its address.
struct loadable {
  std::string_view name;
  void* place;
  bool (*read)(decoder&, const node&, void* place);
  /// What becomes of it if it is missing; none: that is an error.
  void (*reset)(void* place) = nullptr;
};

/// Reads values out of a document. After the first problem every call returns
/// at once.
class decoder {
public:
  decoder(const document& from, format spelling)
      : from_(from), spelling_(spelling) {}

  /// Reads *what* into *x*.
  /// @returns whether that went well; `problem` says what did not.
  template <class T>
  bool read(const node& what, T& x);

  const caf::error& problem() const {
    return problem_;
  }

  /// Names the place of the problem; *name* is that of the outermost type.
  caf::error problem_in(std::string_view name) const;

  template <described T>
  bool read_struct(const node& what, T& x);

  template <described_variant T>
  bool read_variant(const node& what, T& x);

private:
  /// Puts a step in front of the place of the problem.
  bool within(const std::string& step);
  bool fail(std::string message);
  bool expected(std::string_view what, const node& got);
  bool read_signed(const node& what, int64_t low, int64_t high, int64_t& x);
  bool read_unsigned(const node& what, uint64_t high, uint64_t& x);
  bool read_real(const node& what, double most, double& x);
  bool read_text(const node& what, std::string& x);
  bool read_binary(const node& what, bytes& x);
  bool read_time(const node& what, timestamp& x);
  bool read_embedded(const node& what, json_text& x);
  bool unknown_name(std::string_view got, const std::vector<std::string>& known,
                    std::string_view noun);

  bool read_members(const node& what, std::span<const loadable> members);
  const loadable* alternative(const node& what,
                              std::span<const loadable> known);

  template <described_enum E>
  bool read_enum(const node& what, E& x);

  template <class T, size_t N>
  bool read_array(const node& what, std::array<T, N>& x);

  const document& from_;
  format spelling_;
  std::string place_;
  caf::error problem_;
};

template <class Field, class T>
loadable loadable_of(const Field& field, T& x) {
  loadable result{field.name, &x,
                  [](decoder& in, const node& from, void* place) {
                    return in.read(from, *static_cast<T*>(place));
                  }};
  if constexpr (is_optional<T>)
    result.reset = [](void* place) { static_cast<T*>(place)->reset(); };
  else if constexpr (requires { Field::may_be_missing; })
    result.reset = [](void*) {};
  return result;
}

// A fold makes a table of addresses; what is done with them is compiled once,
// and what is done with a member once for each type of members.

template <described T>
bool decoder::read_struct(const node& what, T& x) {
  return T::fields()([&](auto... fs) {
    const std::array<loadable, sizeof...(fs)> members{
      loadable_of(fs, x.*(fs.member))...};
    return read_members(what, members);
  });
}

template <described_variant T>
bool decoder::read_variant(const node& what, T& x) {
  static_assert(has_room_for_tag<T>, "a member is named type, like the tag");
  return [&]<class... Us>(std::type_identity<std::variant<Us...>>) {
    static constexpr std::array<loadable, sizeof...(Us)> known{loadable{
      Us::wire_name, nullptr, [](decoder& in, const node& from, void* place) {
        return in.read_struct(from,
                              static_cast<T*>(place)->template emplace<Us>());
      }}...};
    auto* found = alternative(what, known);
    return found != nullptr && found->read(*this, what, &x);
  }(std::type_identity<T>{});
}

template <described_enum E>
bool decoder::read_enum(const node& what, E& x) {
  if (what.kind != node_kind::text)
    return expected("a string", what);
  if (auto value = from_name<E>(what.text)) {
    x = *value;
    return true;
  }
  std::vector<std::string> known;
  for (auto [name, value] : wire_names(E{}))
    known.emplace_back(name);
  return unknown_name(what.text, known, "value");
}

template <class T, size_t N>
bool decoder::read_array(const node& what, std::array<T, N>& x) {
  if (what.kind != node_kind::list)
    return expected("a list", what);
  size_t count = 0;
  for (auto* i = from_.first(what); i != nullptr; i = from_.next(*i), ++count)
    if (count < N && !read(*i, x[count]))
      return within("[" + std::to_string(count) + "]");
  return count == N
      || fail("expected " + std::to_string(N) + " elements, got "
              + std::to_string(count));
}

template <class T>
bool decoder::read(const node& what, T& x) {
  if (problem_)
    return false;
  if constexpr (std::is_same_v<T, bool>) {
    if (what.kind != node_kind::boolean)
      return expected("a boolean", what);
    x = what.truth;
    return true;
  } else if constexpr (described_enum<T>) {
    return read_enum(what, x);
  } else if constexpr (std::is_floating_point_v<T>) {
    double value = 0;
    if (!read_real(what, std::numeric_limits<T>::max(), value))
      return false;
    x = static_cast<T>(value);
    return true;
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    int64_t value = 0;
    if (!read_signed(what, std::numeric_limits<T>::min(),
                     std::numeric_limits<T>::max(), value))
      return false;
    x = static_cast<T>(value);
    return true;
  } else if constexpr (std::is_integral_v<T>) {
    uint64_t value = 0;
    if (!read_unsigned(what, std::numeric_limits<T>::max(), value))
      return false;
    x = static_cast<T>(value);
    return true;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return read_text(what, x);
  } else if constexpr (std::is_same_v<T, bytes>) {
    return read_binary(what, x);
  } else if constexpr (std::is_same_v<T, timestamp>) {
    return read_time(what, x);
  } else if constexpr (std::is_same_v<T, duration>) {
    // What a double counts exactly.
    constexpr int64_t most = int64_t{1} << 53;
    int64_t value = 0;
    if (!read_signed(what, -most, most, value))
      return false;
    x = duration{value};
    return true;
  } else if constexpr (std::is_same_v<T, json_text>) {
    return read_embedded(what, x);
  } else if constexpr (is_optional<T>) {
    // A document of the value null is not told apart from none.
    if (what.kind == node_kind::null) {
      x.reset();
      return true;
    }
    return read(what, x.emplace());
  } else if constexpr (coded<T>) {
    return codec<T>::decode(*this, what, x);
  } else if constexpr (is_map<T>) {
    if (what.kind != node_kind::map)
      return expected("a map", what);
    x.clear();
    for (auto* i = from_.first(what); i != nullptr; i = from_.next(*i)) {
      if (!read(*i, x[std::string{i->key}]))
        return within("." + excerpt(i->key));
    }
    return true;
  } else if constexpr (is_array<T>) {
    return read_array(what, x);
  } else {
    static_assert(is_list<T>, "no type that crosses a wire");
    if (what.kind != node_kind::list)
      return expected("a list", what);
    x.clear();
    for (auto* i = from_.first(what); i != nullptr; i = from_.next(*i))
      if (!read(*i, x.emplace_back()))
        return within("[" + std::to_string(x.size() - 1) + "]");
    return true;
  }
}

template <class T>
bool codec<T>::decode(decoder& in, const node& from, T& x) {
  if constexpr (described<T>)
    return in.read_struct(from, x);
  else
    return in.read_variant(from, x);
}

} // namespace machine::wire
