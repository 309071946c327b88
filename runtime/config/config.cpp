#include "runtime/config/config.hpp"

#include "runtime/toml.hpp"
#include "runtime/wire/nearest.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <pwd.h>
#include <unistd.h>

namespace machine::config {

namespace {

/// A `limit` that is none.
constexpr std::string_view never = "never";

/// *home*, or what the system says if it is empty, as it is for a service.
std::string home_directory(std::string home) {
  if (!home.empty())
    return home;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16'384> space{};
  ::getpwuid_r(::getuid(), &entry, space.data(), space.size(), &found);
  return found != nullptr && found->pw_dir != nullptr ? found->pw_dir : "";
}

/// Dollars in micro-dollars; a whole part is needed.
std::optional<micro_usd> parse_money(std::string_view text) {
  if (text.starts_with('$'))
    text.remove_prefix(1);
  auto point = text.find('.');
  auto whole = text.substr(0, point);
  auto part = point == text.npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() || whole.size() > 9 || part.size() > 6)
    return std::nullopt;
  micro_usd amount = 0;
  for (auto c : std::string{whole} + std::string{part}
                  + std::string(6 - part.size(), '0')) {
    if (c < '0' || c > '9')
      return std::nullopt;
    amount = amount * 10 + (c - '0');
  }
  return amount;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  auto end = text.data() + text.size();
  auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

/// The value as a number in its own unit, if it has one.
std::optional<int64_t> to_number(const key& what, const std::string& value) {
  switch (what.kind) {
    case value_kind::integer: return parse_number<int64_t>(value);
    case value_kind::money: return parse_money(value);
    case value_kind::limit:
      if (value == never)
        return what.high;
      [[fallthrough]];
    case value_kind::duration:
      if (auto x = parse_duration(value))
        return x->count();
      return std::nullopt;
    case value_kind::size:
      if (auto x = parse_size(value); x && *x <= INT64_MAX)
        return static_cast<int64_t>(*x);
      return std::nullopt;
    case value_kind::text:
    case value_kind::boolean: return 0;
  }
  return std::nullopt;
}

std::string_view form_of(value_kind x) {
  switch (x) {
    case value_kind::text: return "text";
    case value_kind::integer: return "a whole number";
    case value_kind::boolean: return "true or false";
    case value_kind::duration:
      return "a length of time such as 250ms, 10s, 5m or 2h";
    case value_kind::limit:
      return "a length of time such as 10s, 2h or 30d, or never";
    case value_kind::size: return "a size such as 1048576, 64KiB or 2GiB";
    case value_kind::money: return "dollars such as 0.50";
  }
  return "?";
}

/// What is wrong with *value*; empty if nothing is.
std::string problem_with(const key& what, const std::string& value) {
  if (value.find_first_of(std::string_view{"\0\n\r", 3}) != value.npos)
    return "has a control character in it";
  if (!what.choices.empty()
      && std::find(what.choices.begin(), what.choices.end(), value)
           == what.choices.end()) {
    std::string list;
    for (auto& choice : what.choices)
      list += (list.empty() ? "" : ", ") + choice;
    return "is \"" + value + "\"; it can be " + list;
  }
  if (what.kind == value_kind::boolean && value != "true" && value != "false")
    return "is \"" + value + "\"; it can be true or false";
  auto number = to_number(what, value);
  if (!number)
    return "is \"" + value + "\"; it must be "
         + std::string{form_of(what.kind)};
  if (what.kind != value_kind::text && what.kind != value_kind::boolean
      && (*number < what.low || *number > what.high))
    return "is " + value + "; it must be from " + std::to_string(what.low)
         + " to " + std::to_string(what.high)
         + (what.kind == value_kind::duration || what.kind == value_kind::limit
              ? " ms"
            : what.kind == value_kind::size  ? " bytes"
            : what.kind == value_kind::money ? " micro-dollars"
                                             : "");
  return {};
}

const key* find_key(const std::string& name) {
  auto& all = machine_keys();
  auto i = std::find_if(all.begin(), all.end(),
                        [&](auto& x) { return x.name == name; });
  return i == all.end() ? nullptr : &*i;
}

std::string unknown(const std::string& name) {
  std::vector<std::string> known;
  for (auto& x : machine_keys())
    known.push_back(x.name);
  auto near = wire::nearest(name, known);
  return "there is no setting " + name
       + (near ? "; did you mean " + *near + "?"
               : "; `themachine config show` lists all");
}

/// Whether Kubernetes sets a variable such as *name* in every container beside
/// a service that is called themachine, or themachine-something: the form is
/// that of Docker's links.
bool is_service_link(std::string_view name, std::string_view value) {
  auto has = [&](std::string_view part) {
    return name.find(part) != name.npos;
  };
  return name.ends_with("_SERVICE_HOST") || has("_SERVICE_PORT") || has("_TCP")
      || has("_UDP") || has("_SCTP")
      || (name.ends_with("_PORT") && value.find("://") != value.npos);
}

/// Collects settings and problems.
struct loader {
  std::map<std::string, setting>& to;
  std::vector<std::string> problems;

  void set(const std::string& name, std::string value,
           const std::string& origin) {
    auto* about = find_key(name);
    if (about == nullptr) {
      problems.push_back(origin + ": " + unknown(name));
      return;
    }
    if (auto problem = problem_with(*about, value); !problem.empty()) {
      auto shown = about->shown == visibility::secret
                   ? std::string{"has a value that is not valid"}
                   : problem;
      problems.push_back(origin + ": " + name + " " + shown);
      return;
    }
    to[name] = {about, std::move(value), origin};
  }

  /// Complains of variables that look like settings and are none.
  void check_variables(const sources& from) {
    std::vector<std::string> known;
    for (auto& x : machine_keys()) {
      known.push_back(variable_of(x.name));
      if (!x.also.empty())
        known.push_back(x.also);
    }
    for (auto& name : from.variables) {
      if (!name.starts_with(variable_of(""))
          || std::find(known.begin(), known.end(), name) != known.end())
        continue;
      auto value = from.environment ? from.environment(name) : std::nullopt;
      if (is_service_link(name, value.value_or("")))
        continue;
      auto near = wire::nearest(name, known);
      problems.push_back("environment: there is no setting " + name
                         + (near ? "; did you mean " + *near + "?"
                                 : "; `themachine config show` lists all"));
    }
  }

  /// Only what is archived is erased.
  void check_retention() {
    auto& archive = to["retention.archive_after"];
    auto& erase = to["retention.erase_after"];
    if (archive.value == never || erase.value == never)
      return;
    if (to_number(*erase.about, erase.value)
        < to_number(*archive.about, archive.value))
      problems.push_back(
        erase.origin + ": retention.erase_after is " + erase.value
        + ", sooner than retention.archive_after (" + archive.value
        + "); a run is archived before it is erased, so make "
          "it at least as long");
  }

  void read_file(const std::string& path) {
    std::error_code code;
    if (std::filesystem::is_directory(path, code)) {
      problems.push_back("the configuration " + path
                         + " is a directory; name a file");
      return;
    }
    std::ifstream in{path, std::ios::binary};
    if (!in) {
      problems.push_back("cannot read the configuration " + path);
      return;
    }
    std::string text;
    std::array<char, 65'536> buffer;
    while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0) {
      text.append(buffer.data(), static_cast<size_t>(in.gcount()));
      if (text.size() > max_toml_bytes)
        break;
    }
    auto file = toml_file::parse(text, path);
    if (!file) {
      problems.push_back(message_of(file.error()));
      return;
    }
    auto root = file->root();
    for (auto& section : root.keys()) {
      auto table = root.table(section);
      for (auto& name : table.keys())
        if (auto value = table.plain(name))
          set(section + "." + name, std::move(*value),
              "file " + path + ":" + std::to_string(table.line(name)));
    }
    if (auto err = file->problems())
      problems.push_back(message_of(err));
  }
};

} // namespace

std::optional<uint64_t> parse_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, int>, 4> units{
    {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}}};
  auto shift = 0;
  for (auto& [name, bits] : units)
    if (text.ends_with(name)) {
      shift = bits;
      text.remove_suffix(name.size());
    }
  auto value = parse_number<uint64_t>(text);
  if (!value || (shift > 0 && *value > (UINT64_MAX >> shift)))
    return std::nullopt;
  return *value << shift;
}

std::optional<duration> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, int64_t>, 5> units{
    {{"ms", 1},
     {"s", 1'000},
     {"m", 60'000},
     {"h", 3'600'000},
     {"d", 86'400'000}}};
  auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  auto value = parse_number<int64_t>(text.substr(0, digits));
  constexpr int64_t longest = int64_t{3'650} * 86'400'000;
  if (value)
    for (auto& [name, factor] : units)
      if (text.substr(digits) == name && *value <= longest / factor)
        return duration{*value * factor};
  return std::nullopt;
}

std::string setting::shown() const {
  constexpr const char* hidden = "********";
  if (about->shown == visibility::secret)
    return value.empty() ? "" : hidden;
  // A name and a password may stand in the address of a proxy.
  auto scheme = value.find("://");
  auto is_address = about->shown == visibility::address || scheme != value.npos;
  if (about->kind != value_kind::text || !is_address)
    return value;
  auto begin = scheme == value.npos ? 0 : scheme + 3;
  auto end = value.substr(0, value.find_first_of("/?#", begin)).rfind('@');
  if (end == value.npos || end < begin)
    return value;
  return value.substr(0, begin) + hidden + value.substr(end);
}

std::optional<std::string> process_environment(const std::string& name) {
  auto* value = std::getenv(name.c_str());
  if (value == nullptr)
    return std::nullopt;
  return std::string{value};
}

std::vector<std::string> process_variables() {
  std::vector<std::string> result;
  for (auto** i = environ; *i != nullptr; ++i) {
    std::string_view variable{*i};
    result.emplace_back(variable.substr(0, variable.find('=')));
  }
  return result;
}

std::string
usual_file(const std::function<std::optional<std::string>(const std::string&)>&
             environment) {
  auto get = [&](const char* name) {
    return environment ? environment(name).value_or("") : std::string{};
  };
  auto base = get("XDG_CONFIG_HOME");
  if (base.empty())
    base = home_directory(get("HOME")) + "/.config";
  return base + "/themachine/config.toml";
}

caf::expected<config> config::load(const sources& from) {
  config result;
  loader load{result.settings_, {}};
  for (auto& x : machine_keys())
    result.settings_[x.name] = {&x, x.usual, "default"};
  auto get = [&](const std::string& name) -> std::optional<std::string> {
    return from.environment ? from.environment(name) : std::nullopt;
  };
  auto data = get("XDG_DATA_HOME").value_or("");
  auto home = home_directory(get("HOME").value_or(""));
  if (data.empty())
    data = home + "/.local/share";
  result.settings_["data.dir"].value = data + "/themachine";
  auto file = from.file.value_or(usual_file(from.environment));
  std::error_code code;
  if (from.file || std::filesystem::exists(file, code))
    load.read_file(file);
  for (auto& x : machine_keys()) {
    if (auto value = x.also.empty() ? std::nullopt : get(x.also);
        value && !value->empty())
      load.set(x.name, *value, "environment " + x.also);
    auto variable = variable_of(x.name);
    if (auto value = get(variable))
      load.set(x.name, *value, "environment " + variable);
  }
  load.check_variables(from);
  for (auto& [name, value] : from.flags)
    load.set(name, value, "flag");
  load.check_retention();
  auto& directory = result.settings_["data.dir"].value;
  if (directory.starts_with("~/"))
    directory = home + directory.substr(1);
  // Whoever reads it later may be somewhere else by then.
  if (!directory.empty())
    directory =
      std::filesystem::absolute(directory, code).lexically_normal().string();
  else
    load.problems.push_back("data.dir is empty; name a directory");
  if (directory.size() > 1 && directory.ends_with('/'))
    directory.pop_back();
  if (load.problems.empty())
    return result;
  std::string text;
  for (auto& line : load.problems)
    text += (text.empty() ? "" : "\n") + line;
  return make_error(ec::invalid_argument, text);
}

const std::string& config::text(const std::string& name) const {
  return settings_.at(name).value;
}

int64_t config::integer(const std::string& name) const {
  auto& x = settings_.at(name);
  return to_number(*x.about, x.value).value_or(0);
}

bool config::boolean(const std::string& name) const {
  return text(name) == "true";
}

duration config::time(const std::string& name) const {
  return duration{integer(name)};
}

std::optional<duration> config::limit(const std::string& name) const {
  if (text(name) == never)
    return std::nullopt;
  return time(name);
}

uint64_t config::size(const std::string& name) const {
  return static_cast<uint64_t>(integer(name));
}

micro_usd config::money(const std::string& name) const {
  return integer(name);
}

std::string config::to_json() const {
  std::string out = "[";
  for (auto& [name, x] : settings_)
    out += std::string{out.size() > 1 ? "," : ""} + R"({"key":)"
         + wire::to_json(name) + R"(,"value":)" + wire::to_json(x.shown())
         + R"(,"origin":)" + wire::to_json(x.origin) + R"(,"default":)"
         + wire::to_json(x.about->usual) + R"(,"unit":)"
         + wire::to_json(x.about->unit) + R"(,"doc":)"
         + wire::to_json(x.about->doc) + "}";
  return out + "]";
}

std::string example_file() {
  std::string out = "# Settings of TheMachine. What stands here in comments is "
                    "what holds without them.\n";
  std::string section;
  for (auto& x : machine_keys()) {
    auto dot = x.name.find('.');
    if (x.name.substr(0, dot) != section) {
      section = x.name.substr(0, dot);
      out += "\n[" + section + "]\n";
    }
    auto bare = x.kind == value_kind::integer || x.kind == value_kind::boolean;
    out += "# " + x.doc + (x.unit.empty() ? "" : " (" + x.unit + ")") + ".\n";
    out += "# " + x.name.substr(dot + 1) + " = "
         + (bare ? x.usual : "\"" + x.usual + "\"") + "\n";
  }
  return out;
}

} // namespace machine::config
