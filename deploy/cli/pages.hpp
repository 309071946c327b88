#pragma once

#include "deploy/cli/api_client.hpp"
#include "deploy/cli/record.hpp"
#include "deploy/cli/session.hpp"
#include "deploy/cli/whereabouts.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace machine::cli {

/// `?a=b&c=d` of what has a value; empty if nothing has.
std::string query(
  const std::vector<std::pair<std::string, std::optional<std::string>>>& from);

/// Gets pages of the list *path* (which may have a query) until *limit* items
/// were seen (0: a list without pages), and hands on each page and its items.
caf::expected<void> for_each_page(
  const api_client& api, const std::string& path, uint32_t limit,
  const std::function<void(const record&, const std::vector<record>&)>& take);

/// Calls *use* with the machine that is up; says what went wrong otherwise.
template <class Use>
exit_code with_machine(const session& in, Use use) {
  auto api = find_machine(in);
  if (!api)
    return in.complain(api.error());
  auto problem = use(*api);
  return problem ? in.complain(problem) : exit_code::ok;
}

/// Gets a list as a table, or as one JSON object `{"items":[...]}`, which has a
/// `next_cursor` if there are more than *limit*. A *limit* of 0 gets a list
/// that has no pages.
caf::error
show_list(const session& in, const api_client& api, const std::string& path,
          uint32_t limit, table shown,
          const std::function<std::vector<std::string>(const record&)>& row,
          const std::string& if_empty);

/// Lines `name  value` of those that have a value.
std::vector<line>
show_pairs(const std::vector<std::pair<std::string, std::string>>& pairs);

} // namespace machine::cli
