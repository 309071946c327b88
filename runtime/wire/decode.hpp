#pragma once

#include "runtime/wire/document.hpp"
#include "runtime/wire/kinds.hpp"

#include <limits>
#include <utility>

namespace machine::wire {

/// Which format a document was read from: they spell some types differently.
enum class format : uint8_t { json, msgpack };

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

  template <described T>
  bool read_struct(const node& what, T& x);

  template <class T>
  bool read_variant(const node& what, T& x);

  template <described_enum E>
  bool read_enum(const node& what, E& x);

  template <class T, size_t N>
  bool read_array(const node& what, std::array<T, N>& x);

  const document& from_;
  format spelling_;
  std::string place_;
  caf::error problem_;
};

template <described T>
bool decoder::read_struct(const node& what, T& x) {
  if (what.kind != node_kind::map)
    return expected("a map", what);
  // Members mostly come in the order in which we write them.
  auto* hint = from_.first(what);
  auto ok = true;
  for_each_field<T>(x, [&](std::string_view name, auto& y) {
    using type = std::remove_cvref_t<decltype(y)>;
    if (!ok)
      return;
    auto* member = hint;
    while (member != nullptr && member->key != name)
      member = from_.next(*member);
    if (member == nullptr && hint != from_.first(what)) {
      member = from_.first(what);
      while (member != hint && member->key != name)
        member = from_.next(*member);
      if (member == hint)
        member = nullptr;
    }
    if (member != nullptr) {
      hint = from_.next(*member);
      if (hint == nullptr)
        hint = from_.first(what);
      ok = read(*member, y) || within("." + std::string{name});
    } else if constexpr (is_optional<type>) {
      y.reset();
    } else {
      ok = fail("is missing") || within("." + std::string{name});
    }
  });
  return ok;
}

template <class T>
bool decoder::read_variant(const node& what, T& x) {
  static_assert(has_room_for_tag<T>, "a member is named type, like the tag");
  if (what.kind != node_kind::map)
    return expected("a map", what);
  auto* tag = from_.first(what);
  while (tag != nullptr && tag->key != "type")
    tag = from_.next(*tag);
  if (tag == nullptr)
    return fail("is missing") || within(".type");
  if (tag->kind != node_kind::text)
    return expected("a string", *tag) || within(".type");
  auto found = false;
  auto ok = false;
  auto attempt = [&]<class U>(std::type_identity<U>) {
    if (!found && tag->text == U::wire_name) {
      found = true;
      ok = read_struct(what, x.template emplace<U>());
    }
  };
  std::vector<std::string> known;
  [&]<class... Us>(std::type_identity<std::variant<Us...>>) {
    (attempt(std::type_identity<Us>{}), ...);
    if (!found)
      (known.emplace_back(Us::wire_name), ...);
  }(std::type_identity<T>{});
  return found ? ok : unknown_name(tag->text, known, "type") || within(".type");
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
  } else if constexpr (described<T>) {
    return read_struct(what, x);
  } else if constexpr (described_variant<T>) {
    return read_variant(what, x);
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

} // namespace machine::wire
