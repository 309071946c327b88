#include "gateway/api/task_page.hpp"

#include "actors/tracker/search.hpp"
#include "gateway/api/ask.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <compare>

namespace machine::gateway {

namespace {

using namespace tracker;

constexpr uint32_t most_urgent = 9;

/// Where a task stands in the order.
struct place {
  uint64_t calm = 0;
  uint64_t number = 0;

  auto operator<=>(const place&) const = default;
};

place place_of(const task& x) {
  return {most_urgent - x.priority, number_of(x.id.substr(2)).value_or(0)};
}

std::string to_cursor(const place& x) {
  return std::to_string(x.calm) + "-" + std::to_string(x.number);
}

std::optional<place> read_cursor(std::string_view text) {
  auto dash = text.find('-');
  if (dash == text.npos)
    return std::nullopt;
  auto calm = number_of(text.substr(0, dash));
  auto number = number_of(text.substr(dash + 1));
  if (!calm || !number || *calm > most_urgent)
    return std::nullopt;
  return place{*calm, *number};
}

/// The state that *request* wants; none: any.
caf::expected<std::optional<task_state>> state_of(const http_request& request) {
  auto name = request.query_or("state", "");
  if (name.empty())
    return std::optional<task_state>{};
  std::string known;
  for (auto& [other, value] : wire_names(task_state{})) {
    if (name == other)
      return std::optional{value};
    known += (known.empty() ? "" : ", ") + std::string{other};
  }
  return make_error(ec::invalid_argument,
                    "state is " + name + "; a task can be " + known);
}

} // namespace

caf::expected<std::string> task_page(const project_state& now,
                                     const http_request& request) {
  auto limit = limit_of(request);
  if (!limit)
    return std::move(limit.error());
  auto state = state_of(request);
  if (!state)
    return std::move(state.error());
  auto label = request.query_or("label", "");
  auto words = search_words(request.query_or("q", ""));
  std::optional<place> after;
  if (auto cursor = request.query_or("cursor", ""); !cursor.empty()) {
    after = read_cursor(cursor);
    if (!after)
      return make_error(ec::invalid_argument,
                        "cursor is what an earlier page gave as next_cursor");
  }
  std::vector<std::pair<place, const task*>> found;
  for (auto& [id, x] : now.tasks) {
    auto& labels = x.labels;
    auto wanted =
      (!*state || x.state == **state)
      && (label.empty()
          || std::find(labels.begin(), labels.end(), label) != labels.end())
      && matches(x, words);
    auto at = place_of(x);
    if (wanted && (!after || at > *after))
      found.emplace_back(at, &x);
  }
  auto size = std::min(found.size(), *limit);
  std::partial_sort(found.begin(), found.begin() + static_cast<ptrdiff_t>(size),
                    found.end());
  std::vector<std::string> items;
  for (size_t i = 0; i < size; ++i)
    items.push_back(wire::to_json(*found[i].second));
  auto more = size < found.size();
  return page_document(items, more ? to_cursor(found[size - 1].first) : "");
}

} // namespace machine::gateway
