#pragma once

#include "runtime/error.hpp"
#include "runtime/wire/kinds.hpp"
#include "runtime/wire/wire.hpp"

#include <caf/deserializer.hpp>
#include <caf/detail/stringification_inspector.hpp>
#include <caf/serializer.hpp>
#include <caf/type_id.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <variant>

// How our types cross BASP. What CAF 0.17.6 does with a hostile size, and what
// is done about it here:
//
// - A size is at most 32 bits. A string is checked against what is left of the
//   message before anything is allocated.
// - A vector grows by what was read, so its memory is bounded by the message,
//   if only every element takes a byte of it: an empty struct therefore does.
// - A vector of bytes is resized first, to as much as 4 GiB, and checked
//   afterwards: it gets an `inspect` of its own, which grows as it reads.
// - A std::vector<bool> has the same fault; it is no type of ours.
// - Nesting is bounded by nothing: it is counted here.
// - An enumeration takes any number: described structs check theirs. One that
//   is an argument of a message by itself is not checked; put it in a struct.
//
// The size of the whole message is up to BASP, which believes its peers; they
// are authenticated.
namespace machine::wire {

/// How deep this thread stands in a value that it reads.
class nesting {
public:
  static constexpr size_t most = 64;

  nesting() {
    ++depth_;
  }

  nesting(const nesting&) = delete;
  nesting& operator=(const nesting&) = delete;

  ~nesting() {
    --depth_;
  }

  static bool too_deep() {
    return depth_ > most;
  }

private:
  static inline thread_local size_t depth_ = 0;
};

/// Whether every enumeration in *x* has the value of an enumerator. Described
/// types in *x* have seen to their own.
template <class T>
bool has_known_values(const T& x) {
  if constexpr (described_enum<T>) {
    auto names = wire_names(x);
    return std::any_of(names.begin(), names.end(),
                       [&](auto& entry) { return entry.second == x; });
  } else if constexpr (is_optional<T>) {
    return !x || has_known_values(*x);
  } else if constexpr (is_map<T>) {
    return std::all_of(x.begin(), x.end(), [](auto& entry) {
      return has_known_values(entry.second);
    });
  } else if constexpr (is_list<T> || is_array<T>) {
    return std::all_of(x.begin(), x.end(),
                       [](auto& y) { return has_known_values(y); });
  } else {
    return true;
  }
}

/// Whether `has_known_values` can be false for a *T*.
template <class T>
constexpr bool holds_enum = described_enum<T>;

template <class T>
constexpr bool holds_enum<std::optional<T>> = holds_enum<T>;

template <class T>
constexpr bool holds_enum<std::vector<T>> = holds_enum<T>;

template <class T, size_t N>
constexpr bool holds_enum<std::array<T, N>> = holds_enum<T>;

template <class T>
constexpr bool holds_enum<std::map<std::string, T>> = holds_enum<T>;

/// A member that is sent or received through its address.
struct saved_member {
  void* place;
  caf::error (*save)(caf::serializer&, void* place);
};

struct received_member {
  std::string_view name;
  void* place;
  caf::error (*load)(caf::deserializer&, void* place);
  /// Whether its enumerations have values of enumerators; none: it has none.
  bool (*known)(const void* place) = nullptr;
};

caf::error save_members(caf::serializer& to,
                        std::span<const saved_member> members);

/// Fails with `limit_exceeded` if the struct *name* is nested too deep, with
/// `invalid_argument` if an enumeration has a value of no enumerator.
caf::error load_members(caf::deserializer& from, std::string_view name,
                        std::span<const received_member> members);

using alternative_loader = caf::error (*)(caf::deserializer&, void* place);

/// Reads the number of an alternative and, with the loader of that number, the
/// alternative into *place*.
caf::error load_alternative(caf::deserializer& from, void* place,
                            std::span<const alternative_loader> loaders);

template <class T>
caf::error save_erased(caf::serializer& to, void* place) {
  return to.apply(*static_cast<T*>(place));
}

template <class T>
caf::error load_erased(caf::deserializer& from, void* place) {
  return from.apply(*static_cast<T*>(place));
}

template <class T>
saved_member saved(T& x) {
  return {&x, save_erased<T>};
}

template <class T>
received_member received(std::string_view name, T& x) {
  received_member result{name, &x, load_erased<T>};
  if constexpr (holds_enum<T>)
    result.known = [](const void* place) {
      return has_known_values(*static_cast<const T*>(place));
    };
  return result;
}

/// Reads what CAF writes for a vector of bytes.
caf::error load_bytes(caf::deserializer& from, bytes& x);

/// What CAF prints without quotes.
struct printed {
  std::string text;

  friend const std::string& to_string(const printed& x) {
    return x.text;
  }
};

/// What is rendered as JSON.
template <class T>
concept rendered = coded<T> || is_optional<T> || std::same_as<T, json_text>;

} // namespace machine::wire

// CAF 0.17 finds `inspect` by ADL on the *inspector*, so the overloads live
// here. With CAF 0.18 and above this header becomes caf::inspector_access.
namespace caf {

template <machine::wire::coded T>
error inspect(serializer& f, T& x) {
  return machine::wire::message_codec<T>::save(f, x);
}

template <machine::wire::coded T>
error inspect(deserializer& f, T& x) {
  return machine::wire::message_codec<T>::load(f, x);
}

inline error inspect(deserializer& f, machine::bytes& x) {
  return machine::wire::load_bytes(f, x);
}

inline error inspect(serializer& f, machine::json_text& x) {
  return f.apply(x.text);
}

inline error inspect(deserializer& f, machine::json_text& x) {
  return f.apply(x.text);
}

template <class T>
error inspect(serializer& f, std::optional<T>& x) {
  auto present = x.has_value();
  if (auto err = f.apply(present); err || !present)
    return err;
  return f.apply(*x);
}

template <class T>
error inspect(deserializer& f, std::optional<T>& x) {
  auto present = false;
  x.reset();
  if (auto err = f.apply(present); err || !present)
    return err;
  return f.apply(x.emplace());
}

} // namespace caf

// CAF renders messages with an inspector that lives here.
namespace caf::detail {

using caf::inspect;

template <machine::wire::rendered T>
void inspect(stringification_inspector& f, T& x) {
  f.consume(machine::wire::printed{machine::wire::to_json(x)});
}

template <machine::wire::described_enum E>
void inspect(stringification_inspector& f, E& x) {
  f.consume(string_view{machine::wire::to_name(x).data(),
                        machine::wire::to_name(x).size()});
}

} // namespace caf::detail

namespace machine::wire {

template <class T>
caf::error message_codec<T>::save(caf::serializer& to, T& x) {
  if constexpr (described<T>) {
    return T::fields()([&](auto... fs) {
      const std::array<saved_member, sizeof...(fs)> members{
        saved(x.*(fs.member))...};
      return save_members(to, members);
    });
  } else {
    auto index = static_cast<uint32_t>(x.index());
    if (auto err = to.apply(index))
      return err;
    return std::visit([&](auto& y) { return to.apply(y); }, x);
  }
}

template <class T>
caf::error message_codec<T>::load(caf::deserializer& from, T& x) {
  if constexpr (described<T>) {
    return T::fields()([&](auto... fs) {
      const std::array<received_member, sizeof...(fs)> members{
        received(fs.name, x.*(fs.member))...};
      return load_members(from, T::wire_name, members);
    });
  } else {
    return [&]<class... Us>(std::type_identity<std::variant<Us...>>) {
      static constexpr std::array<alternative_loader, sizeof...(Us)> loaders{
        [](caf::deserializer& in, void* place) {
          return in.apply(static_cast<T*>(place)->template emplace<Us>());
        }...};
      return load_alternative(from, &x, loaders);
    }(std::type_identity<T>{});
  }
}

} // namespace machine::wire
