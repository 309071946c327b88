#include "runtime/toml.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace machine {

struct toml_file::impl {
  std::string name;
  toml::table root;
  std::vector<std::string> problems;
};

struct toml_table::impl {
  std::shared_ptr<toml_file::impl> file;
  toml::table* table = nullptr;
  std::string name;
  std::set<std::string> taken;
  // An empty table stands for one that is not there.
  toml::table none;

  toml::node* find(const std::string& key) {
    taken.insert(key);
    return table->get(key);
  }

  std::string path(const std::string& key) const {
    if (name.empty())
      return key;
    return key.empty() ? name : name + "." + key;
  }
};

bool toml_table::has(const std::string& key) const {
  impl_->taken.insert(key);
  return impl_->table->contains(key);
}

std::vector<std::string> toml_table::keys() const {
  std::vector<std::string> result;
  for (auto&& [key, value] : *impl_->table)
    result.emplace_back(key.str());
  return result;
}

int toml_table::line(const std::string& key) const {
  auto* node = impl_->table->get(key);
  return static_cast<int>(
    (node ? node->source() : impl_->table->source()).begin.line);
}

void toml_table::complain(const std::string& key, const std::string& what) {
  impl_->file->problems.push_back(impl_->file->name + ":"
                                  + std::to_string(line(key)) + ": "
                                  + impl_->path(key) + " " + what);
}

std::string toml_table::text(const std::string& key) {
  if (!has(key))
    complain(key, "is missing");
  return text(key, "");
}

std::string toml_table::text(const std::string& key, std::string usual) {
  auto* node = impl_->find(key);
  if (node == nullptr)
    return usual;
  if (auto* value = node->as_string())
    return value->get();
  complain(key, "must be text in quotes");
  return usual;
}

std::optional<std::string> toml_table::plain(const std::string& key) {
  auto* node = impl_->find(key);
  if (node != nullptr) {
    if (auto* text = node->as_string())
      return text->get();
    if (auto* number = node->as_integer())
      return std::to_string(number->get());
    if (auto* flag = node->as_boolean())
      return flag->get() ? "true" : "false";
  }
  complain(key, node != nullptr && node->is_value()
                  ? "must be text, a whole number or a boolean; write it in "
                    "quotes"
                  : "must be text, a whole number or a boolean");
  return std::nullopt;
}

std::string toml_table::json(const std::string& key) {
  auto* node = impl_->find(key);
  if (node == nullptr)
    return "null";
  std::ostringstream out;
  out << toml::json_formatter{*node};
  return out.str();
}

int64_t toml_table::integer(const std::string& key, int64_t usual, int64_t low,
                            int64_t high) {
  auto* node = impl_->find(key);
  if (node == nullptr)
    return usual;
  if (auto* value = node->as_integer();
      value != nullptr && value->get() >= low && value->get() <= high)
    return value->get();
  complain(key, "must be a whole number from " + std::to_string(low) + " to "
                  + std::to_string(high));
  return usual;
}

double toml_table::real(const std::string& key, double usual, double low,
                        double high) {
  auto* node = impl_->find(key);
  if (node == nullptr)
    return usual;
  if (auto value = node->value<double>();
      value && *value >= low && *value <= high)
    return *value;
  complain(key, "must be a number from " + std::to_string(low) + " to "
                  + std::to_string(high));
  return usual;
}

bool toml_table::flag(const std::string& key, bool usual) {
  auto* node = impl_->find(key);
  if (node == nullptr)
    return usual;
  if (auto* value = node->as_boolean())
    return value->get();
  complain(key, "must be true or false");
  return usual;
}

std::vector<std::string> toml_table::texts(const std::string& key) {
  std::vector<std::string> result;
  auto* node = impl_->find(key);
  if (node == nullptr)
    return result;
  auto* list = node->as_array();
  auto ok = list != nullptr;
  if (ok)
    for (auto& item : *list) {
      if (auto* value = item.as_string())
        result.push_back(value->get());
      else
        ok = false;
    }
  if (!ok)
    complain(key, "must be a list of texts");
  return result;
}

toml_table toml_table::table(const std::string& key) {
  auto* node = impl_->find(key);
  auto inner = std::make_shared<impl>();
  inner->file = impl_->file;
  inner->name = impl_->path(key);
  inner->table = node != nullptr ? node->as_table() : nullptr;
  if (inner->table == nullptr) {
    complain(key, "must be a table");
    inner->table = &inner->none;
  }
  return toml_table{std::move(inner)};
}

std::vector<toml_table> toml_table::tables(const std::string& key) {
  std::vector<toml_table> result;
  auto* node = impl_->find(key);
  if (node == nullptr)
    return result;
  auto* list = node->as_array();
  auto ok = list != nullptr;
  if (ok)
    for (auto& item : *list) {
      auto inner = std::make_shared<impl>();
      inner->file = impl_->file;
      inner->name =
        impl_->path(key) + "[" + std::to_string(result.size()) + "]";
      inner->table = item.as_table();
      ok = ok && inner->table != nullptr;
      result.push_back(toml_table{std::move(inner)});
    }
  if (ok)
    return result;
  complain(key, "must be a list of tables");
  return {};
}

void toml_table::finish() {
  for (auto& key : keys())
    if (!impl_->taken.contains(key)) {
      std::string known;
      for (auto& name : impl_->taken)
        known += (known.empty() ? "" : ", ") + name;
      complain(key, "is no known key; known are " + known);
    }
}

namespace {

/// Finds what is nested too deeply to be parsed. toml++ makes a table of every
/// part of a key, and walks and frees them recursively.
class nesting {
public:
  explicit nesting(std::string_view text) : rest_(text) {}

  /// The line where the bounds are exceeded; 0 if they are not.
  int line_too_deep() {
    while (!rest_.empty()) {
      if (skip_quoted())
        continue;
      auto c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '#')
        skip(rest_.find('\n'));
      else if (c == '[' || c == '{')
        ++depth_;
      else if ((c == ']' || c == '}') && depth_ > 0)
        --depth_;
      if (c == '\n')
        ++line_;
      parts_ = c == '.' ? parts_ + 1 : is_in_key(c) ? parts_ : 1;
      if (parts_ > max_toml_key_parts || depth_ > max_toml_depth)
        return line_;
    }
    return 0;
  }

private:
  static bool is_in_key(char c) {
    return std::string_view{"\n=,[]{}#"}.find(c) == std::string_view::npos;
  }

  void skip(size_t count) {
    auto gone = rest_.substr(0, count);
    line_ += static_cast<int>(std::count(gone.begin(), gone.end(), '\n'));
    rest_.remove_prefix(gone.size());
  }

  bool skip_quoted() {
    for (std::string_view quote : {"\"\"\"", "'''", "\"", "'"})
      if (rest_.starts_with(quote)) {
        auto at = quote.size();
        while (at < rest_.size() && !rest_.substr(at).starts_with(quote)
               && (quote.size() == 3 || rest_[at] != '\n'))
          at += quote.front() == '"' && rest_[at] == '\\' ? 2 : 1;
        skip(at + quote.size());
        return true;
      }
    return false;
  }

  std::string_view rest_;
  int line_ = 1;
  size_t parts_ = 1;
  size_t depth_ = 0;
};

} // namespace

caf::expected<toml_file> toml_file::parse(std::string_view text,
                                          const std::string& name) {
  if (text.size() > max_toml_bytes)
    return make_error(ec::limit_exceeded,
                      name + " has " + std::to_string(text.size())
                        + " bytes; at most " + std::to_string(max_toml_bytes)
                        + " are read");
  if (auto line = nesting{text}.line_too_deep(); line > 0)
    return make_error(ec::limit_exceeded,
                      name + ":" + std::to_string(line)
                        + ": this is nested too deeply: a key has at most "
                        + std::to_string(max_toml_key_parts)
                        + " parts, and lists and tables stand in each other "
                          "at most "
                        + std::to_string(max_toml_depth) + " deep");
  auto state = std::make_shared<impl>();
  state->name = name;
  try {
    state->root = toml::parse(text);
  } catch (const toml::parse_error& problem) {
    return make_error(ec::invalid_argument,
                      name + ":" + std::to_string(problem.source().begin.line)
                        + ": this is no TOML: "
                        + std::string{problem.description()});
  }
  return toml_file{std::move(state)};
}

toml_table toml_file::root() const {
  auto table = std::make_shared<toml_table::impl>();
  table->file = impl_;
  table->table = &impl_->root;
  return toml_table{std::move(table)};
}

caf::error toml_file::problems() const {
  if (impl_->problems.empty())
    return caf::none;
  std::string text;
  for (auto& line : impl_->problems)
    text += (text.empty() ? "" : "\n") + line;
  return make_error(ec::invalid_argument, text);
}

} // namespace machine
