#include "actors/costs/report/dimension.hpp"

#include "runtime/wire/nearest.hpp"
#include "runtime/wire/text.hpp"

#include <algorithm>

namespace machine::costs {

namespace {

std::string joined_tags(std::vector<std::string> tags) {
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  std::string result;
  for (auto& tag : tags)
    result += (result.empty() ? "" : ", ") + tag;
  return result;
}

std::vector<std::string> dimension_names() {
  std::vector<std::string> result;
  for (auto& [name, value] : wire_names(dimension{}))
    result.emplace_back(name);
  return result;
}

caf::error bad_dimension(std::string_view text) {
  auto names = dimension_names();
  // What was asked for is not said again: it may be a secret out of place.
  std::string message = "`by` has something that costs are not summed up by";
  if (auto near = wire::nearest(std::string{text.substr(0, 64)}, names))
    message += "; did you mean " + *near + "?";
  message += "; there are";
  for (size_t i = 0; i < names.size(); ++i)
    message += (i == 0 ? " " : ", ") + names[i];
  return make_error(ec::invalid_argument, std::move(message));
}

} // namespace

bool is_time(dimension x) {
  return x == dimension::day || x == dimension::hour || x == dimension::month;
}

std::string value_of(const booked_line& x, dimension by) {
  auto& whose = x.line.whose;
  switch (by) {
    case dimension::model: return whose.model;
    case dimension::provider: return x.line.provider;
    case dimension::agent: return whose.agent;
    case dimension::project: return whose.project;
    case dimension::key: return whose.key;
    case dimension::principal: return whose.principal;
    case dimension::run: return whose.run;
    case dimension::tag: return joined_tags(whose.tags);
    // Of 2026-11-24T10:54:43.123456Z.
    case dimension::day: return wire::format_time(x.at).substr(0, 10);
    case dimension::hour: return wire::format_time(x.at).substr(0, 13) + ":00Z";
    case dimension::month: return wire::format_time(x.at).substr(0, 7);
  }
  return {};
}

bool has_value(const booked_line& x, dimension by, std::string_view value) {
  auto& tags = x.line.whose.tags;
  if (by == dimension::tag)
    return std::find(tags.begin(), tags.end(), value) != tags.end();
  return value_of(x, by) == value;
}

caf::expected<std::vector<dimension>> read_dimensions(std::string_view text) {
  std::vector<dimension> result;
  for (size_t begin = 0; begin <= text.size();) {
    auto end = std::min(text.find(',', begin), text.size());
    auto word = text.substr(begin, end - begin);
    auto found = wire::from_name<dimension>(word);
    if (!found)
      return bad_dimension(word);
    if (std::find(result.begin(), result.end(), *found) != result.end())
      return make_error(ec::invalid_argument, "costs are summed up by "
                                                + std::string{word}
                                                + " twice; once is enough");
    result.push_back(*found);
    if (result.size() > max_dimensions)
      return make_error(ec::invalid_argument, "costs are summed up by at most "
                                                + std::to_string(max_dimensions)
                                                + " things at one time");
    begin = end + 1;
  }
  return result;
}

} // namespace machine::costs
