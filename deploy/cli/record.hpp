#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"
#include "runtime/wire/document.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace machine::cli {

/// A JSON object that somebody else made: what is missing is empty.
class record {
public:
  /// Reads an object. *what* is named in the error.
  static caf::expected<record> parse(std::string text, const std::string& what);

  /// A member as text: strings as they are, numbers as digits, null as nothing,
  /// all else as JSON.
  std::string text(std::string_view key) const;

  /// An amount of micro-dollars, as people write it.
  std::string money(std::string_view key) const;

  /// The object itself.
  std::string json() const;

  uint64_t number(std::string_view key) const;

  bool truth(std::string_view key) const;

  /// A time, in the machine's time zone, to the second.
  std::string time(std::string_view key) const;

  /// The objects of the list *key*.
  std::vector<record> list(std::string_view key) const;

  /// The texts of the list *key*, with commas.
  std::string words(std::string_view key) const;

  /// The members of the object *key*, as texts.
  std::vector<std::pair<std::string, std::string>>
  members(std::string_view key) const;

  /// The object *key*; empty if there is none.
  record part(std::string_view key) const;

private:
  struct source {
    std::string text;
    wire::document parsed;
  };

  const wire::node* find(std::string_view key) const;

  std::shared_ptr<const source> from_;
  const wire::node* node_ = nullptr;
};

/// *x* in the machine's time zone, to the second: `2026-11-24 10:54:43`.
std::string format_local_time(timestamp x);

} // namespace machine::cli
