#include "actors/orchestrator/upgrade/pinned.hpp"

#include "actors/orchestrator/workflow/load.hpp"
#include "runtime/wire/wire.hpp"

#include <string>

namespace machine::orchestrator {

namespace {

using wire::document;
using wire::node;
using wire::node_kind;

struct tree {
  const document& all;
  const node& at;

  const node* member(std::string_view key) const {
    for (auto* x = all.first(at); x != nullptr; x = all.next(*x))
      if (x->key == key)
        return x;
    return nullptr;
  }
};

/// The place of the first part of *was* that *now* does not have; none: it has
/// all.
std::optional<std::string> missing(const tree& was, const tree& now,
                                   const std::string& place) {
  if (was.at.kind != now.at.kind)
    return place;
  auto* x = was.all.first(was.at);
  if (was.at.kind == node_kind::map) {
    for (; x != nullptr; x = was.all.next(*x)) {
      auto here = place + "." + std::string{x->key};
      auto* y = now.member(x->key);
      if (y == nullptr)
        return here;
      if (auto result = missing({was.all, *x}, {now.all, *y}, here))
        return result;
    }
    return std::nullopt;
  }
  if (was.at.kind == node_kind::list) {
    auto* y = now.all.first(now.at);
    for (size_t i = 0; x != nullptr || y != nullptr; ++i) {
      auto here = place + "[" + std::to_string(i) + "]";
      if (x == nullptr || y == nullptr)
        return here;
      if (auto result = missing({was.all, *x}, {now.all, *y}, here))
        return result;
      x = was.all.next(*x);
      y = now.all.next(*y);
    }
    return std::nullopt;
  }
  auto equal = was.at.text == now.at.text && was.at.truth == now.at.truth;
  return equal ? std::nullopt : std::optional{place};
}

} // namespace

caf::error check_pinned(const json_text& pinned, const workflow& read) {
  auto was = wire::parse_json(pinned.text, {});
  auto spelt = normal_form(read);
  auto now = wire::parse_json(spelt, {});
  if (!was || !now)
    return make_error(ec::invalid_argument,
                      "this program cannot read the workflow of the run");
  if (auto place =
        missing({*was, was->root()}, {*now, now->root()}, "workflow"))
    return make_error(ec::invalid_argument,
                      "this program reads " + *place
                        + " of the run's workflow otherwise, or not at all");
  return caf::none;
}

} // namespace machine::orchestrator
