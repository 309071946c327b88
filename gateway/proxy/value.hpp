#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"
#include "runtime/wire/document.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace machine::gateway::proxy {

/// A value in a request that knows its place, for what is said about it. Views
/// the document and the values around it, which must outlive it.
class value {
public:
  explicit value(const wire::document& of) : of_(&of), what_(&of.root()) {}

  /// Its name in the object around it.
  std::string_view key() const {
    return what_->key;
  }

  bool is_text() const {
    return what_->kind == wire::node_kind::text;
  }

  bool is_list() const {
    return what_->kind == wire::node_kind::list;
  }

  bool is_object() const {
    return what_->kind == wire::node_kind::map;
  }

  /// `messages[3].content`; empty for the whole document.
  std::string path() const;

  /// The same without numbers.
  std::string plain_path() const;

  /// `invalid_argument` that says *what* is wrong here.
  caf::error wrong(std::string_view what) const;

  /// A string; bounded by nothing but the document.
  caf::expected<std::string_view> text() const;

  /// A string of at most *most* bytes.
  caf::expected<std::string_view> text(size_t most) const;

  caf::expected<bool> truth() const;
  caf::expected<double> number(double least, double most) const;
  caf::expected<int64_t> integer() const;
  caf::expected<uint64_t> count(uint64_t least, uint64_t most) const;

  /// An object, as it was written.
  caf::expected<json_text> object() const;

  /// One of *names*.
  caf::expected<std::string_view>
  one_of(std::initializer_list<std::string_view> names) const;

  /// Whatever it is, as JSON.
  std::string json() const;

  /// The member *name*; none if it is null or not there.
  std::optional<value> member(std::string_view name) const;

  /// The same, which has to be there.
  caf::expected<value> required(std::string_view name) const;

  /// `type`, which has to be a string.
  caf::expected<std::string_view> type() const;

  /// Calls *f* for each member that is not null, until it fails.
  template <class F>
  caf::error each_member(F f) const {
    if (!is_object())
      return wrong("this has to be an object");
    for (auto* x = of_->first(*what_); x != nullptr; x = of_->next(*x))
      if (x->kind != wire::node_kind::null)
        if (auto err = f(value{*this, *x, none}))
          return err;
    return caf::none;
  }

  /// Calls *f* for each of at most *most* elements, until it fails.
  template <class F>
  caf::error each_element(size_t most, F f) const {
    if (!is_list())
      return wrong("this has to be a list");
    size_t index = 0;
    for (auto* x = of_->first(*what_); x != nullptr; x = of_->next(*x)) {
      if (index == most)
        return wrong("this has more than " + std::to_string(most)
                     + " elements; send fewer");
      if (auto err = f(value{*this, *x, index++}))
        return err;
    }
    return caf::none;
  }

private:
  static constexpr size_t none = SIZE_MAX;

  value(const value& outer, const wire::node& what, size_t index)
      : of_(outer.of_), what_(&what), outer_(&outer), index_(index) {}

  void append_path(std::string& to, bool with_numbers) const;

  const wire::document* of_;
  const wire::node* what_;
  const value* outer_ = nullptr;
  /// In the list around it.
  size_t index_ = none;
};

/// *x* becomes *to*, unless there is none.
template <class To, class From>
caf::error set(To& to, caf::expected<From> x) {
  if (!x)
    return std::move(x.error());
  to = static_cast<To>(std::move(*x));
  return caf::none;
}

template <class To, class From>
caf::error set(std::optional<To>& to, caf::expected<From> x) {
  if (!x)
    return std::move(x.error());
  to.emplace(static_cast<To>(std::move(*x)));
  return caf::none;
}

} // namespace machine::gateway::proxy
