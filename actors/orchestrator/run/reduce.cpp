#include "actors/orchestrator/run/reduce.hpp"

#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"

#include <cmath>
#include <optional>
#include <set>
#include <string_view>

namespace machine::orchestrator {

namespace {

using wire::document;
using wire::node;
using wire::node_kind;

/// Values of a run are bounded when they are made.
constexpr wire::limits any_value{
  .max_bytes = 64u << 20, .max_depth = 512, .max_items = 50'000'000};

std::optional<document> read(const json_text& x) {
  auto result = wire::parse_json(x.text, any_value);
  if (!result)
    return std::nullopt;
  return std::move(*result);
}

bool is_number(const node& x) {
  return x.kind == node_kind::integer || x.kind == node_kind::unsigned_integer
      || x.kind == node_kind::real;
}

double number_of(const node& x) {
  switch (x.kind) {
    case node_kind::integer: return static_cast<double>(x.integer);
    case node_kind::unsigned_integer:
      return static_cast<double>(x.unsigned_integer);
    case node_kind::real: return x.real;
    default: return 0;
  }
}

bool is_list_text(std::string_view x) {
  return x.size() >= 2 && x.front() == '[' && x.back() == ']';
}

/// What is between the brackets of a list, without the room around it.
std::string_view inside(std::string_view list) {
  list.remove_prefix(1);
  list.remove_suffix(1);
  auto first = list.find_first_not_of(" \t\r\n");
  if (first == list.npos)
    return {};
  auto last = list.find_last_not_of(" \t\r\n");
  return list.substr(first, last - first + 1);
}

/// Takes no list apart: it may be long.
json_text append(const json_text& old, const json_text& value) {
  auto mine = is_list_text(old.text) ? inside(old.text) : std::string_view{};
  auto more = is_list_text(value.text) ? inside(value.text)
                                       : std::string_view{value.text};
  std::string result;
  result.reserve(mine.size() + more.size() + 3);
  result += '[';
  result += mine;
  if (!mine.empty() && !more.empty())
    result += ',';
  result += more;
  return {result += ']'};
}

json_text unite(const json_text& old, const json_text& value) {
  std::set<std::string> seen;
  std::string result = "[";
  auto add = [&](std::string x) {
    if (!seen.insert(x).second)
      return;
    result += result.size() > 1 ? "," : "";
    result += x;
  };
  auto add_all = [&](const json_text& from) {
    auto tree = read(from);
    if (!tree)
      return;
    if (tree->root().kind != node_kind::list)
      return add(wire::write_json(*tree, tree->root()));
    for (auto* i = tree->first(tree->root()); i != nullptr; i = tree->next(*i))
      add(wire::write_json(*tree, *i));
  };
  if (is_list_text(old.text))
    add_all(old);
  add_all(value);
  return {result + "]"};
}

std::string merge(const document& left, const node& a, const document& right,
                  const node& b) {
  std::map<std::string_view, std::pair<const node*, const node*>> members;
  for (auto* i = left.first(a); i != nullptr; i = left.next(*i))
    members[i->key].first = i;
  for (auto* i = right.first(b); i != nullptr; i = right.next(*i))
    members[i->key].second = i;
  std::string result = "{";
  for (auto& [key, both] : members) {
    result += result.size() > 1 ? "," : "";
    result += wire::to_json(std::string{key}) + ":";
    auto [mine, theirs] = both;
    if (theirs == nullptr)
      result += wire::write_json(left, *mine);
    else if (mine != nullptr && mine->kind == node_kind::map
             && theirs->kind == node_kind::map)
      result += merge(left, *mine, right, *theirs);
    else
      result += wire::write_json(right, *theirs);
  }
  return result + "}";
}

json_text merge(const json_text& old, const json_text& value) {
  auto right = read(value);
  if (!right || right->root().kind != node_kind::map)
    return old;
  auto left = read(old);
  if (!left || left->root().kind != node_kind::map)
    return value;
  return {merge(*left, left->root(), *right, right->root())};
}

/// As jq writes it: whole numbers without a fraction.
std::string write_number(double x) {
  if (std::abs(x) < 0x1p53 && x == std::trunc(x))
    return std::to_string(static_cast<int64_t>(x));
  return wire::to_json(x);
}

json_text compute(reducer how, const json_text& old, const json_text& value) {
  auto right = read(value);
  if (!right || !is_number(right->root()))
    return old;
  auto left = read(old);
  if (!left || !is_number(left->root()))
    return value;
  auto a = number_of(left->root());
  auto b = number_of(right->root());
  switch (how) {
    case reducer::max: return b > a ? value : old;
    case reducer::min: return b < a ? value : old;
    default: break;
  }
  auto sum = a + b;
  return std::isfinite(sum) ? json_text{write_number(sum)} : old;
}

} // namespace

json_text reduce(reducer how, const json_text& old, const json_text& value) {
  switch (how) {
    case reducer::replace: return value;
    case reducer::append: return append(old, value);
    case reducer::unite: return unite(old, value);
    case reducer::merge: return merge(old, value);
    case reducer::add:
    case reducer::max:
    case reducer::min: return compute(how, old, value);
  }
  return value;
}

caf::error check_reducible(reducer how, const std::string& name,
                           const json_text& value) {
  std::string_view wanted;
  auto tree = read(value);
  if (!tree)
    return make_error(ec::invalid_argument, name + " is set to no JSON");
  auto& got = tree->root();
  switch (how) {
    case reducer::merge:
      if (got.kind != node_kind::map)
        wanted = "a map";
      break;
    case reducer::add:
    case reducer::max:
    case reducer::min:
      if (!is_number(got))
        wanted = "a number";
      break;
    case reducer::replace:
    case reducer::append:
    case reducer::unite: break;
  }
  if (wanted.empty())
    return caf::none;
  return make_error(ec::invalid_argument,
                    "the variable " + name + " has the reducer "
                      + to_string(how) + " and takes " + std::string{wanted}
                      + ", but this is "
                      + std::string{wire::describe_kind(got.kind)});
}

} // namespace machine::orchestrator
