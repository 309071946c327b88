#pragma once

#include "runtime/wire/document.hpp"

#include <optional>

namespace machine::security {

/// The member *name* of the map *of*; null if there is none.
inline const wire::node* member_of(const wire::document& from,
                                   const wire::node& of,
                                   std::string_view name) {
  auto* i = from.first(of);
  while (i != nullptr && i->key != name)
    i = from.next(*i);
  return i;
}

/// The same, if it is a text.
inline std::optional<std::string_view> text_member(const wire::document& from,
                                                   const wire::node& of,
                                                   std::string_view name) {
  auto* found = member_of(from, of, name);
  if (found == nullptr || found->kind != wire::node_kind::text)
    return std::nullopt;
  return found->text;
}

} // namespace machine::security
