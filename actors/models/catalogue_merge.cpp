#include "actors/models/catalogue_parts.hpp"
#include "actors/models/catalogue_text.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace machine::models {

namespace {

/// A header of a file, the comments before it, and what stands under it.
struct file_part {
  std::string_view text;
  /// The model that it is about; empty: it is about none.
  std::string model;
};

/// The model that a table with *header* is about.
std::string model_of(std::string_view header) {
  auto read = toml_file::parse(header, "header");
  if (!read)
    return {};
  auto root = read->root();
  if (!root.has("model"))
    return {};
  auto keys = root.table("model").keys();
  return keys.size() == 1 ? keys.front() : std::string{};
}

/// Goes from header to header of a file, which is sound TOML.
class header_walk {
public:
  explicit header_walk(std::string_view text) : text_(text) {}

  /// Where the next header begins; the end of the file if there is none.
  size_t next() {
    while (at_ < text_.size()) {
      auto c = text_[at_];
      auto is_first = is_first_;
      if (c != ' ' && c != '\t')
        is_first_ = c == '\n';
      if (c == '[' && depth_ == 0 && is_first)
        return pass_header();
      if (c == '[' || c == '{')
        ++depth_;
      if (c == ']' || c == '}')
        --depth_;
      if (c == '#')
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (!skip_quoted())
        ++at_;
    }
    return text_.size();
  }

private:
  size_t pass_header() {
    auto begin = at_;
    while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '#')
      if (!skip_quoted())
        ++at_;
    return begin;
  }

  bool skip_quoted() {
    auto rest = text_.substr(at_);
    for (std::string_view quote : {"\"\"\"", "'''", "\"", "'"})
      if (rest.starts_with(quote)) {
        at_ += quote.size();
        while (at_ < text_.size() && !text_.substr(at_).starts_with(quote))
          at_ += quote.front() == '"' && text_[at_] == '\\' ? 2 : 1;
        at_ = std::min(at_ + quote.size(), text_.size());
        // Up to two marks of its own may stand before the closing three.
        while (quote.size() == 3 && at_ < text_.size()
               && text_[at_] == quote.front())
          ++at_;
        return true;
      }
    return false;
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  /// Nothing but spaces stands before it in its line.
  bool is_first_ = true;
};

/// Where the line at *at* begins.
size_t line_begin(std::string_view text, size_t at) {
  auto end = at == 0 ? text.npos : text.rfind('\n', at - 1);
  return end == text.npos ? 0 : end + 1;
}

/// Where the comments and empty lines before the header at *at* begin.
size_t before_comments(std::string_view text, size_t at) {
  auto begin = line_begin(text, at);
  while (begin > 0) {
    auto above = line_begin(text, begin - 1);
    auto line = text.substr(above, begin - 1 - above);
    auto first = line.find_first_not_of(" \t\r");
    if (first != line.npos && line[first] != '#')
      break;
    begin = above;
  }
  return begin;
}

/// What *text* consists of; put together it is *text* again.
std::vector<file_part> parts_of(std::string_view text) {
  std::vector<file_part> result;
  header_walk walk{text};
  std::string model;
  size_t begin = 0;
  auto add = [&](size_t end) {
    end = std::max(end, begin);
    result.push_back(
      {text.substr(begin, end - begin), std::exchange(model, {})});
    begin = end;
  };
  for (auto at = walk.next(); at < text.size(); at = walk.next()) {
    add(before_comments(text, at));
    model = model_of(text.substr(at, text.find('\n', at) - at));
  }
  // The comments at the end are of nothing that stands before them.
  if (text.ends_with('\n'))
    add(before_comments(text, text.size()));
  add(text.size());
  return result;
}

/// *text* with *models*, as far as it can be told where each stands.
std::string put_models(std::string_view text,
                       const std::vector<model_entry>& models,
                       const catalogue& known) {
  std::map<std::string, std::string> left;
  for (auto& x : models)
    left[x.id] = to_toml(x, usual_dialect(known, x));
  std::set<std::string> placed;
  std::string result;
  for (auto& part : parts_of(text)) {
    if (auto i = left.find(part.model); i != left.end()) {
      result += part.text.substr(0, header_walk{part.text}.next());
      result += i->second;
      placed.insert(i->first);
      left.erase(i);
    } else if (!placed.contains(part.model)) {
      result += part.text;
    }
  }
  for (auto& [id, added] : left) {
    if (!result.empty())
      result += result.ends_with('\n') ? "\n" : "\n\n";
    result += added;
  }
  return result;
}

} // namespace

caf::expected<std::string> merge_models(const catalogue& base,
                                        const std::string& text,
                                        const std::vector<model_entry>& models,
                                        const std::string& name) {
  auto before = load_catalogue(base, text, name);
  if (!before)
    return std::move(before.error());
  auto wanted = std::move(before->models);
  for (auto& x : models)
    wanted[x.id] = x;
  // What is an id now is no alias any more.
  for (auto& [id, x] : wanted)
    std::erase_if(x.aliases, [&](auto& y) { return wanted.contains(y); });
  auto result = put_models(text, models, *before);
  auto after = load_catalogue(base, result, name);
  if (!after && code_of(after.error()) == ec::limit_exceeded)
    return make_error(ec::limit_exceeded,
                      message_of(after.error()) + "; take fewer models");
  // What is made of it tells whether each stood where it seemed to.
  if (after && after->providers == before->providers && after->models == wanted)
    return result;
  auto why = after ? std::string{} : " (" + message_of(after.error()) + ")";
  return make_error(ec::conflict,
                    name + " cannot take the models in" + why
                      + "; give each model that it has a table of its own, "
                        "[model.\"ID\"], and an alias to one model only");
}

} // namespace machine::models
