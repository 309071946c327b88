#pragma once

#include "runtime/error.hpp"
#include "runtime/wire/kinds.hpp"

#include <caf/deserializer.hpp>
#include <caf/detail/stringification_inspector.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/serializer.hpp>
#include <caf/type_id.hpp>

#include <algorithm>
#include <optional>
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

/// Fails with `invalid_argument` if a member's enumeration has a value of no
/// enumerator.
template <described T>
caf::error check_values(const T& x) {
  caf::error result;
  for_each_field<T>(x, [&](std::string_view name, const auto& y) {
    if (!result && !has_known_values(y))
      result = make_error(ec::invalid_argument,
                          std::string{T::wire_name} + "." + std::string{name}
                            + ": the number is no known value; do all nodes "
                              "run the same build?");
  });
  return result;
}

/// Reads what CAF writes for a vector of bytes.
caf::error load_bytes(caf::deserializer& from, bytes& x);

template <class Inspector>
constexpr bool is_binary =
  std::is_base_of_v<
    caf::serializer,
    Inspector> || std::is_base_of_v<caf::deserializer, Inspector>;

} // namespace machine::wire

// CAF 0.17 finds `inspect` by ADL on the *inspector*, so the overloads live
// here. With CAF 0.18 and above this header becomes caf::inspector_access.
namespace caf {

template <class Inspector, machine::wire::described T>
typename Inspector::result_type inspect(Inspector& f, T& x) {
  constexpr auto count = std::tuple_size_v<decltype(T::fields())>;
  auto members = [&]() -> typename Inspector::result_type {
    if constexpr (count == 0 && machine::wire::is_binary<Inspector>) {
      uint8_t filler = 0;
      return f(filler);
    } else {
      return std::apply(
        [&](auto... fs) {
          return f(meta::type_name(T::wire_name), x.*(fs.member)...);
        },
        T::fields());
    }
  };
  if constexpr (Inspector::reads_state) {
    return members();
  } else {
    machine::wire::nesting level;
    if (level.too_deep())
      return machine::make_error(machine::ec::limit_exceeded,
                                 std::string{T::wire_name}
                                   + " is nested too deep");
    if (auto err = members())
      return err;
    return machine::wire::check_values(x);
  }
}

inline error inspect(deserializer& f, machine::bytes& x) {
  return machine::wire::load_bytes(f, x);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, machine::json_text& x) {
  return f(meta::type_name("json"), x.text);
}

template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, std::optional<T>& x) {
  auto present = x.has_value();
  if constexpr (Inspector::reads_state) {
    return present ? f(present, *x) : f(present);
  } else {
    if (auto err = f(present))
      return err;
    if (!present) {
      x.reset();
      return {};
    }
    return f(x.emplace());
  }
}

template <class Inspector, machine::wire::described_variant T>
typename Inspector::result_type inspect(Inspector& f, T& x) {
  auto index = static_cast<uint32_t>(x.index());
  if constexpr (Inspector::reads_state) {
    return std::visit([&](auto& y) { return f(index, y); }, x);
  } else {
    if (auto err = f(index))
      return err;
    auto result = machine::make_error(
      machine::ec::invalid_argument,
      "no type has the number " + std::to_string(index)
        + " in a variant; do all nodes run the same build?");
    [&]<size_t... Is>(std::index_sequence<Is...>) {
      ((index == Is ? void(result = f(x.template emplace<Is>())) : void()),
       ...);
    }
    (std::make_index_sequence<std::variant_size_v<T>>{});
    return result;
  }
}

} // namespace caf

// CAF renders messages with an inspector that lives here.
namespace caf::detail {

using caf::inspect;

template <machine::wire::described_enum E>
void inspect(stringification_inspector& f, E& x) {
  f.consume(string_view{machine::wire::to_name(x).data(),
                        machine::wire::to_name(x).size()});
}

} // namespace caf::detail
