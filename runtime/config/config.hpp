#pragma once

#include "runtime/config/keys.hpp"
#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machine::config {

/// Where settings come from; later ones win: defaults, the file, the
/// environment, flags.
struct sources {
  /// A file that must exist; none: `usual_file`, if that exists.
  std::optional<std::string> file;
  /// Looks up a variable of the environment; empty: there are none.
  std::function<std::optional<std::string>(const std::string&)> environment;
  /// The names of all variables of the environment: one that begins with
  /// `THEMACHINE_` and is no setting is a problem, unless Kubernetes sets it
  /// for a service of that name.
  std::vector<std::string> variables;
  /// By key, as text.
  std::map<std::string, std::string> flags;
};

/// One setting as it is in force.
struct setting {
  /// What it is; lives as long as the program.
  const key* about = nullptr;
  std::string value;
  /// `default`, `file /path:12`, `environment THEMACHINE_X` or `flag`.
  std::string origin;

  /// The value, or stars if it is a secret.
  std::string shown() const;
};

/// Settings that have passed all checks.
class config {
public:
  /// Fails with `invalid_argument` and a line for each problem: unknown keys
  /// with the nearest known one, wrong types, values out of bounds, each with
  /// its origin.
  static caf::expected<config> load(const sources& from);

  /// Of a key that exists.
  const std::string& text(const std::string& name) const;
  int64_t integer(const std::string& name) const;
  bool boolean(const std::string& name) const;
  duration time(const std::string& name) const;
  /// None: never.
  std::optional<duration> limit(const std::string& name) const;
  uint64_t size(const std::string& name) const;
  micro_usd money(const std::string& name) const;

  /// All settings, by name.
  const std::map<std::string, setting>& all() const {
    return settings_;
  }

  /// All settings as a JSON list, secrets masked.
  std::string to_json() const;

private:
  std::map<std::string, setting> settings_;
};

/// A commented file with every key and its default.
std::string example_file();

/// `$XDG_CONFIG_HOME/themachine/config.toml` or
/// `~/.config/themachine/config.toml`.
std::string
usual_file(const std::function<std::optional<std::string>(const std::string&)>&
             environment);

/// The environment of this process.
std::optional<std::string> process_environment(const std::string& name);

/// The names of all its variables.
std::vector<std::string> process_variables();

/// Numbers as people write them; none if they are not of that form.
std::optional<uint64_t> parse_size(std::string_view text);
std::optional<duration> parse_duration(std::string_view text);

} // namespace machine::config
