#include "runtime/wire/document.hpp"

#include <algorithm>
#include <optional>

namespace machine::wire {

std::string_view describe_kind(node_kind x) {
  switch (x) {
    case node_kind::null: return "null";
    case node_kind::boolean: return "a boolean";
    case node_kind::integer:
    case node_kind::unsigned_integer: return "an integer";
    case node_kind::real: return "a number";
    case node_kind::text: return "a string";
    case node_kind::binary: return "binary data";
    case node_kind::list: return "a list";
    case node_kind::map: return "a map";
  }
  return "?";
}

bool document_builder::fail(ec code, std::string message) {
  if (!problem_)
    problem_ = make_error(code, std::move(message));
  return false;
}

node* document_builder::add(node_kind kind) {
  if (result_.nodes_.size() >= bounds_.max_items) {
    fail(ec::limit_exceeded, "the document has more than "
                               + std::to_string(bounds_.max_items) + " values"
                               + place());
    return nullptr;
  }
  auto index = static_cast<uint32_t>(result_.nodes_.size());
  if (open_.empty() && index > 0) {
    fail(ec::invalid_argument, "there is more after the end of the document");
    return nullptr;
  }
  auto& added = result_.nodes_.emplace_back();
  added.kind = kind;
  if (!open_.empty()) {
    auto& parent = open_.back();
    if (parent.last_child == node::none)
      result_.nodes_[parent.node].first = index;
    else
      result_.nodes_[parent.last_child].next = index;
    parent.last_child = index;
    added.key = key_;
  }
  return &added;
}

bool document_builder::null() {
  return add(node_kind::null) != nullptr;
}

bool document_builder::boolean(bool x) {
  auto* added = add(node_kind::boolean);
  if (added != nullptr)
    added->truth = x;
  return added != nullptr;
}

bool document_builder::integer(int64_t x) {
  auto* added = add(node_kind::integer);
  if (added != nullptr)
    added->integer = x;
  return added != nullptr;
}

bool document_builder::unsigned_integer(uint64_t x) {
  if (x <= static_cast<uint64_t>(INT64_MAX))
    return integer(static_cast<int64_t>(x));
  auto* added = add(node_kind::unsigned_integer);
  if (added != nullptr)
    added->unsigned_integer = x;
  return added != nullptr;
}

bool document_builder::real(double x, std::string_view written) {
  auto* added = add(node_kind::real);
  if (added == nullptr)
    return false;
  added->real = x;
  if (!written.empty())
    added->text = result_.texts_.emplace_back(written);
  return true;
}

bool document_builder::real_view(double x, std::string_view written) {
  auto* added = add(node_kind::real);
  if (added == nullptr)
    return false;
  added->real = x;
  added->text = written;
  return true;
}

bool document_builder::text(std::string_view x) {
  if (!is_utf8(x))
    return fail(ec::invalid_argument, "a string is not valid UTF-8" + place());
  auto* added = add(node_kind::text);
  if (added != nullptr)
    added->text = x;
  return added != nullptr;
}

bool document_builder::text_copy(std::string x) {
  return text(result_.texts_.emplace_back(std::move(x)));
}

bool document_builder::binary(bytes_view x) {
  auto* added = add(node_kind::binary);
  if (added != nullptr)
    added->text = as_text(x);
  return added != nullptr;
}

bool document_builder::key(std::string_view x) {
  if (!is_utf8(x))
    return fail(ec::invalid_argument,
                "the key \"" + to_utf8(excerpt(x)) + "\" is not valid UTF-8");
  key_ = x;
  return true;
}

bool document_builder::key_copy(std::string x) {
  return key(result_.texts_.emplace_back(std::move(x)));
}

bool document_builder::begin(node_kind list_or_map) {
  if (open_.size() >= bounds_.max_depth)
    return fail(ec::limit_exceeded, "the document is nested deeper than "
                                      + std::to_string(bounds_.max_depth)
                                      + " levels");
  if (add(list_or_map) == nullptr)
    return false;
  open_.push_back(
    {static_cast<uint32_t>(result_.nodes_.size() - 1), node::none});
  key_ = {};
  return true;
}

bool document_builder::end(std::string_view written) {
  auto& ended = result_.nodes_[open_.back().node];
  ended.text = written;
  if (ended.kind == node_kind::map && !refuse_duplicate_keys(ended))
    return false;
  open_.pop_back();
  return true;
}

bool document_builder::refuse_duplicate_keys(const node& map) {
  // Comparing each with each is quickest for what structs have.
  constexpr size_t few = 16;
  std::optional<std::string_view> twice;
  size_t count = 0;
  for (auto* i = result_.first(map); i != nullptr && count <= few;
       i = result_.next(*i), ++count)
    for (auto* k = result_.first(map); k != i; k = result_.next(*k))
      if (k->key == i->key)
        twice = i->key;
  if (count > few) {
    std::vector<std::string_view> keys;
    for (auto* i = result_.first(map); i != nullptr; i = result_.next(*i))
      keys.push_back(i->key);
    std::sort(keys.begin(), keys.end());
    auto found = std::adjacent_find(keys.begin(), keys.end());
    if (found != keys.end())
      twice = *found;
  }
  if (!twice)
    return true;
  key_ = *twice;
  return fail(ec::invalid_argument,
              "the key \"" + excerpt(*twice) + "\" stands twice" + place());
}

std::string document_builder::place() const {
  std::string result;
  for (size_t i = 0; i < open_.size(); ++i) {
    auto& outer = result_.nodes_[open_[i].node];
    auto innermost = i + 1 == open_.size();
    if (outer.kind == node_kind::map) {
      auto key = innermost ? key_ : result_.nodes_[open_[i + 1].node].key;
      result += (result.empty() ? "" : ".") + excerpt(key);
      continue;
    }
    size_t index = 0;
    auto* stop = innermost ? nullptr : &result_.nodes_[open_[i + 1].node];
    for (auto* k = result_.first(outer); k != stop; k = result_.next(*k))
      ++index;
    result += "[" + std::to_string(index) + "]";
  }
  return result.empty() ? result : " at " + result;
}

} // namespace machine::wire
