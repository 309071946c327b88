#pragma once

#include "runtime/error.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machine {

/// One table of a TOML file. Reading never fails: what is wrong is collected
/// in the file, with line, key and mending.
class toml_table {
public:
  struct impl;

  explicit toml_table(std::shared_ptr<impl> of) : impl_(std::move(of)) {}

  /// Whether *key* is there; it is a known one from then on.
  bool has(const std::string& key) const;

  std::vector<std::string> keys() const;

  /// A text that must be there.
  std::string text(const std::string& key);
  std::string text(const std::string& key, std::string usual);
  /// A text, whole number or boolean as text, for those who check it
  /// themselves; none, after a complaint, if it is none of these.
  std::optional<std::string> plain(const std::string& key);
  /// Whatever stands there, as JSON; `null` if nothing does.
  std::string json(const std::string& key);
  int64_t integer(const std::string& key, int64_t usual, int64_t low,
                  int64_t high);
  double real(const std::string& key, double usual, double low, double high);
  bool flag(const std::string& key, bool usual);
  std::vector<std::string> texts(const std::string& key);
  toml_table table(const std::string& key);
  /// The tables of a list; none, after a complaint, if it is something else.
  std::vector<toml_table> tables(const std::string& key);

  /// The line where *key* stands.
  int line(const std::string& key) const;

  /// `file:line: table.key what`.
  void complain(const std::string& key, const std::string& what);

  /// Complains of every key that nobody asked for.
  void finish();

private:
  std::shared_ptr<impl> impl_;
};

/// A TOML file.
class toml_file {
public:
  struct impl;

  /// Fails with `invalid_argument`, naming the place.
  static caf::expected<toml_file> parse(std::string_view text,
                                        const std::string& name);

  toml_table root() const;

  /// What the tables have collected; no error if there is nothing.
  caf::error problems() const;

private:
  explicit toml_file(std::shared_ptr<impl> of) : impl_(std::move(of)) {}

  std::shared_ptr<impl> impl_;
};

/// Bound on a TOML file, in bytes.
constexpr size_t max_toml_bytes = 4u << 20;

/// Bounds on the parts of a key as `a.b.c`, and on lists and tables in each
/// other: nesting without end would overflow the stack.
constexpr size_t max_toml_key_parts = 64;
constexpr size_t max_toml_depth = 32;

} // namespace machine
