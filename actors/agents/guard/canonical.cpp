#include "actors/agents/guard/canonical.hpp"

#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace machine::agents {

namespace {

/// Below it every whole number is exact as a double.
constexpr double largest_whole = 9'007'199'254'740'992.0;

std::string write(const wire::document& from, const wire::node& x);

std::string write_list(const wire::document& from, const wire::node& x) {
  std::string result = "[";
  for (auto* i = from.first(x); i != nullptr; i = from.next(*i)) {
    result += result.size() > 1 ? "," : "";
    result += write(from, *i);
  }
  return result + "]";
}

std::string write_map(const wire::document& from, const wire::node& x) {
  std::vector<const wire::node*> members;
  for (auto* i = from.first(x); i != nullptr; i = from.next(*i))
    members.push_back(i);
  std::sort(members.begin(), members.end(),
            [](auto* a, auto* b) { return a->key < b->key; });
  std::string result = "{";
  for (auto* i : members) {
    result += result.size() > 1 ? "," : "";
    result += wire::to_json(std::string{i->key}) + ":" + write(from, *i);
  }
  return result + "}";
}

std::string write(const wire::document& from, const wire::node& x) {
  switch (x.kind) {
    case wire::node_kind::list: return write_list(from, x);
    case wire::node_kind::map: return write_map(from, x);
    case wire::node_kind::text: return wire::to_json(std::string{x.text});
    case wire::node_kind::real:
      if (std::trunc(x.real) == x.real && std::abs(x.real) < largest_whole)
        return std::to_string(static_cast<int64_t>(x.real));
      return wire::write_json(from, x);
    default: return wire::write_json(from, x);
  }
}

} // namespace

std::string canonical_json(std::string_view text) {
  auto tree = wire::parse_json(text, {});
  return tree ? write(*tree, tree->root()) : std::string{text};
}

} // namespace machine::agents
