#include "deploy/cli/pages.hpp"

#include "deploy/cli/text.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::cli {

namespace {

constexpr uint32_t page_size = 200;

/// Cells that are never empty: who cuts lines into words finds each where it
/// was the line before.
std::vector<std::string> without_holes(std::vector<std::string> cells) {
  for (auto& x : cells)
    if (x.find_first_not_of(" \t\r\n") == std::string::npos)
      x = "-";
  return cells;
}

} // namespace

std::string query(
  const std::vector<std::pair<std::string, std::optional<std::string>>>& from) {
  std::string result;
  for (auto& [name, value] : from)
    if (value)
      result += (result.empty() ? "?" : "&") + name + "=" + escape(*value);
  return result;
}

caf::expected<void> for_each_page(
  const api_client& api, const std::string& path, uint32_t limit,
  const std::function<void(const record&, const std::vector<record>&)>& take) {
  std::string cursor;
  auto paged = limit > 0;
  for (;;) {
    auto address = path;
    if (paged)
      address += (path.find('?') == path.npos ? "?" : "&")
               + ("limit=" + std::to_string(std::min(limit, page_size)));
    if (!cursor.empty())
      address += "&cursor=" + escape(cursor);
    auto body = api.get(address);
    if (!body)
      return std::move(body.error());
    auto page = record::parse(std::move(*body), path);
    if (!page)
      return std::move(page.error());
    auto items = page->list("items");
    take(*page, items);
    auto next = page->text("next_cursor");
    limit -= std::min(limit, static_cast<uint32_t>(items.size()));
    // A page may be empty where a filter has taken all of it away.
    if (limit == 0 || next.empty() || next == cursor)
      return caf::unit;
    cursor = std::move(next);
  }
}

caf::error
show_list(const session& in, const api_client& api, const std::string& path,
          uint32_t limit, table shown,
          const std::function<std::vector<std::string>(const record&)>& row,
          const std::string& if_empty) {
  // One document, however many pages it came in.
  std::string json;
  std::string next;
  auto read =
    for_each_page(api, path, limit, [&](const record& page, auto& items) {
      next = page.text("next_cursor");
      for (auto& x : items) {
        if (in.global.json)
          json += (json.empty() ? "" : ",") + x.json();
        else
          shown.add(without_holes(row(x)));
      }
    });
  if (!read)
    return read.error();
  if (!in.global.json) {
    in.print(shown, if_empty);
    if (!next.empty())
      in.say("only the first " + std::to_string(limit)
             + " are shown; see --limit");
  } else {
    in.print_json(
      R"({"items":[)" + json + "]"
      + (next.empty() ? "" : R"(,"next_cursor":)" + wire::to_json(next)) + "}");
  }
  return {};
}

std::vector<line>
show_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
  size_t width = 0;
  for (auto& [name, value] : pairs)
    if (!value.empty())
      width = std::max(width, width_of(std::string_view{name}));
  std::vector<line> result;
  for (auto& [name, value] : pairs)
    if (!value.empty())
      result.push_back(
        {{fit(name, width) + "  ", style::dim}, {first_line(value)}});
  return result;
}

} // namespace machine::cli
