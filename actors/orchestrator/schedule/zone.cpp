#include "actors/orchestrator/schedule/zone.hpp"

#include "runtime/wire/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

namespace machine::orchestrator {

namespace {

namespace fs = std::filesystem;

constexpr cctz::civil_second civil_epoch{1970, 1, 1, 0, 0, 0};

std::chrono::local_seconds to_local(const cctz::civil_second& x) {
  return std::chrono::local_seconds{std::chrono::seconds{x - civil_epoch}};
}

/// Where CCTZ looks, too.
fs::path data_folder() {
  auto* set = std::getenv("TZDIR");
  return set != nullptr && *set != '\0' ? set : "/usr/share/zoneinfo";
}

bool is_upper(char x) {
  return x >= 'A' && x <= 'Z';
}

/// Whether *x* looks like the name of a zone. Names that begin with a small
/// letter are of no zone: `right/` counts leap seconds, and `localtime` is
/// another zone on another node.
bool is_plain(std::string_view x) {
  if (x.empty() || x.size() > max_zone_bytes || !is_upper(x[0])
      || x.find("//") != x.npos || x.back() == '/')
    return false;
  return std::all_of(x.begin(), x.end(), [](char c) {
    return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
        || c == '/' || c == '_' || c == '-' || c == '+';
  });
}

// CCTZ keeps every name it was ever asked for, also of no zone, and takes paths
// and descriptions: it is asked for what exists alone.
bool has_data(const std::string& name) {
  std::array<char, 4> magic{};
  std::ifstream file{data_folder() / name, std::ios::binary};
  file.read(magic.data(), magic.size());
  return file && std::string_view{magic.data(), magic.size()} == "TZif";
}

std::vector<std::string> known_names() {
  std::vector<std::string> result;
  std::error_code err;
  auto root = data_folder();
  for (fs::recursive_directory_iterator i{root, err}, end; !err && i != end;
       i.increment(err)) {
    auto name = i->path().lexically_relative(root).generic_string();
    if (!is_plain(name))
      i.disable_recursion_pending();
    else if (std::error_code no; !i->is_directory(no))
      result.emplace_back(std::move(name));
  }
  std::sort(result.begin(), result.end());
  return result;
}

std::string lower(std::string_view x) {
  std::string result{x};
  for (auto& c : result)
    if (is_upper(c))
      c = static_cast<char>(c - 'A' + 'a');
  return result;
}

/// Many know the city and not the continent.
std::optional<std::string> meant(std::string_view got,
                                 const std::vector<std::string>& known) {
  auto city = "/" + lower(got);
  std::replace(city.begin(), city.end(), ' ', '_');
  for (auto& name : known)
    if (("/" + lower(name)).ends_with(city))
      return name;
  return wire::nearest(got, known);
}

caf::error unknown(std::string_view name) {
  auto text = "time zone \"" + std::string{name.substr(0, max_zone_bytes)};
  auto known = known_names();
  if (known.empty())
    return make_error(ec::unavailable,
                      text
                        + "\": this system has no time zones; install "
                          "tzdata, or use UTC");
  text += "\": there is none of that name; ";
  if (auto near = meant(name, known))
    return make_error(ec::invalid_argument,
                      text + "did you mean " + *near + "?");
  return make_error(ec::invalid_argument,
                    text + "use a name such as Europe/Berlin, or UTC");
}

} // namespace

caf::expected<time_zone> time_zone::find(std::string_view name) {
  time_zone result;
  if (name == "UTC")
    return result;
  std::string text{name};
  if (!is_plain(name) || !has_data(text)
      || !cctz::load_time_zone(text, &result.zone_))
    return unknown(name);
  return result;
}

std::chrono::local_seconds time_zone::local(std::chrono::sys_seconds x) const {
  return to_local(zone_.lookup(x).cs);
}

std::optional<clock_change>
time_zone::next_change(std::chrono::sys_seconds x) const {
  cctz::time_zone::civil_transition found;
  if (!zone_.next_transition(x, &found))
    return std::nullopt;
  // Up to the change, the clocks go on from what they show at x.
  auto from = to_local(found.from);
  return clock_change{x + (from - local(x)), from, to_local(found.to)};
}

std::optional<clock_change>
time_zone::last_change(std::chrono::sys_seconds x) const {
  cctz::time_zone::civil_transition found;
  if (!zone_.prev_transition(x + std::chrono::seconds{1}, &found))
    return std::nullopt;
  auto to = to_local(found.to);
  return clock_change{x - (local(x) - to), to_local(found.from), to};
}

} // namespace machine::orchestrator
