#include "actors/orchestrator/workflow/source.hpp"

#include "runtime/wire/document.hpp"
#include "runtime/wire/json.hpp"
#include "runtime/wire/wire.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <sstream>

namespace machine::orchestrator {

namespace {

place place_of(const YAML::Mark& x) {
  return x.is_null() ? place{} : place{x.line + 1, x.column + 1};
}

/// Looks at a document without building it.
class inspector final : public YAML::EventHandler {
public:
  inspector(problems& out, size_t max_depth)
      : out_(out), max_depth_(max_depth) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    begin_ = place_of(mark);
  }

  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    look(mark, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    complain(mark, "aliases (*name) are not read; write it out");
  }

  void OnScalar(const YAML::Mark& mark, const std::string&,
                YAML::anchor_t anchor, const std::string&) override {
    look(mark, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    look(mark, anchor);
    enter(mark);
  }

  void OnSequenceEnd() override {
    --depth_;
  }

  void OnMapStart(const YAML::Mark& mark, const std::string&,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    look(mark, anchor);
    enter(mark);
  }

  void OnMapEnd() override {
    --depth_;
  }

  /// Where the document begins.
  place begin() const {
    return begin_;
  }

private:
  void look(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0)
      complain(mark, "anchors (&name) are not read; remove it");
  }

  void enter(const YAML::Mark& mark) {
    if (++depth_ == max_depth_ + 1)
      complain(mark, "this is nested deeper than " + std::to_string(max_depth_)
                       + " levels");
  }

  void complain(const YAML::Mark& mark, const std::string& what) {
    out_.add(place_of(mark), what);
  }

  problems& out_;
  size_t max_depth_;
  size_t depth_ = 0;
  place begin_;
};

/// Makes nodes of what yaml-cpp has read. Its depth is bounded already.
source_node convert(const YAML::Node& from, problems& out) {
  source_node to;
  to.where = place_of(from.Mark());
  switch (from.Type()) {
    case YAML::NodeType::Scalar:
      to.what = source_node::kind::scalar;
      to.text = from.Scalar();
      to.plain = from.Tag() == "?";
      break;
    case YAML::NodeType::Sequence:
      to.what = source_node::kind::list;
      for (auto item : from)
        to.items.push_back(convert(item, out));
      break;
    case YAML::NodeType::Map: {
      to.what = source_node::kind::map;
      std::set<std::string> keys;
      for (auto item : from) {
        auto where = place_of(item.first.Mark());
        if (!item.first.IsScalar())
          out.add(where, "a key must be text");
        else if (!keys.insert(item.first.Scalar()).second)
          out.add(where, "the key " + item.first.Scalar().substr(0, 80)
                           + " stands twice; remove one");
        else
          to.members.push_back(
            {item.first.Scalar(), where, convert(item.second, out)});
      }
      break;
    }
    default: to.what = source_node::kind::null;
  }
  return to;
}

/// Makes nodes of a text that is known to be JSON, with bounded depth.
class json_reader {
public:
  explicit json_reader(std::string_view text) : text_(text) {}

  source_node read() {
    skip_space();
    source_node to;
    to.where = here();
    if (text_[at_] == '{') {
      to.what = source_node::kind::map;
      for (auto more = enter('}'); more; more = next('}')) {
        source_member member;
        member.where = here();
        member.key = take_text();
        skip_space();
        ++at_;
        member.value = read();
        to.members.push_back(std::move(member));
      }
    } else if (text_[at_] == '[') {
      to.what = source_node::kind::list;
      for (auto more = enter(']'); more; more = next(']'))
        to.items.push_back(read());
    } else if (text_[at_] == '"') {
      to.what = source_node::kind::scalar;
      to.text = take_text();
    } else {
      auto end = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
      to.text = text_.substr(at_, end - at_);
      to.plain = true;
      to.what =
        to.text == "null" ? source_node::kind::null : source_node::kind::scalar;
      at_ = end;
    }
    return to;
  }

private:
  place here() const {
    return {line_, static_cast<int>(at_ - line_begin_) + 1};
  }

  void skip_space() {
    for (; text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r'
           || text_[at_] == '\n';
         ++at_)
      if (text_[at_] == '\n') {
        ++line_;
        line_begin_ = at_ + 1;
      }
  }

  /// Whether there is a first item.
  bool enter(char close) {
    ++at_;
    skip_space();
    if (text_[at_] != close)
      return true;
    ++at_;
    return false;
  }

  /// Whether there is another item.
  bool next(char close) {
    skip_space();
    auto more = text_[at_++] != close;
    if (more)
      skip_space();
    return more;
  }

  std::string take_text() {
    auto begin = at_++;
    while (text_[at_] != '"')
      at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    auto result = wire::from_json<std::string>(
      std::string{text_.substr(begin, at_ - begin)});
    return result ? std::move(*result) : std::string{};
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  size_t line_begin_ = 0;
};

/// Where the JSON reader stopped, by its message.
place place_of(const caf::error& problem, std::string_view text) {
  constexpr std::string_view head = "this is no JSON: byte ";
  auto message = message_of(problem);
  if (!message.starts_with(head))
    return {};
  size_t position = 0;
  std::from_chars(message.data() + head.size(), message.data() + message.size(),
                  position);
  auto before = text.substr(0, position > 0 ? position - 1 : 0);
  auto line = std::count(before.begin(), before.end(), '\n');
  auto begin = before.rfind('\n');
  return {static_cast<int>(line) + 1,
          static_cast<int>(begin == before.npos ? before.size()
                                                : before.size() - begin - 1)
            + 1};
}

/// Whether *x* is meant to be JSON: YAML too may begin with a brace.
bool looks_like_json(std::string_view x, const std::string& file_name) {
  constexpr std::string_view space = " \t\r\n";
  auto brace = x.find_first_not_of(space);
  if (brace == x.npos || x[brace] != '{')
    return false;
  auto next = x.find_first_not_of(space, brace + 1);
  return file_name.ends_with(".json")
      || (next != x.npos && (x[next] == '"' || x[next] == '}'));
}

caf::expected<source_node> parse_yaml(std::string_view text,
                                      const std::string& file_name,
                                      size_t max_depth) {
  problems out{file_name};
  try {
    std::istringstream first{std::string{text}};
    YAML::Parser parser{first};
    inspector look{out, max_depth};
    if (!parser.HandleNextDocument(look))
      out.add({}, "the file is empty");
    if (!out.empty())
      return out.to_error();
    // Not by loading them all: where a character is out of place, yaml-cpp
    // sees documents without end.
    problems ignored{file_name};
    inspector next{ignored, max_depth};
    if (parser.HandleNextDocument(next)) {
      out.add(next.begin(), "another document begins here; one is expected");
      return out.to_error();
    }
    auto result = convert(YAML::Load(std::string{text}), out);
    if (!out.empty())
      return out.to_error();
    return result;
  } catch (const YAML::Exception& problem) {
    out.add(place_of(problem.mark), "this is no YAML: " + problem.msg);
    return out.to_error();
  }
}

} // namespace

const source_node* source_node::find(std::string_view key) const {
  for (auto& x : members)
    if (x.key == key)
      return &x.value;
  return nullptr;
}

caf::expected<source_node> parse_source(std::string_view text,
                                        const std::string& file_name,
                                        size_t max_depth) {
  problems out{file_name};
  if (!wire::is_utf8(text)) {
    out.add({}, "the file is not UTF-8");
    return out.to_error();
  }
  if (!looks_like_json(text, file_name))
    return parse_yaml(text, file_name, max_depth);
  auto document = wire::parse_json(text, {.max_depth = max_depth});
  if (document)
    return json_reader{text}.read();
  // What is no JSON may be YAML all the same.
  auto yaml = parse_yaml(text, file_name, max_depth);
  if (yaml)
    return yaml;
  auto where = place_of(document.error(), text);
  // Of a key that stands twice, JSON's reader says no place; YAML's does.
  if (where.line == 0)
    return yaml;
  out.add(where, message_of(document.error()));
  return out.to_error();
}

json_text to_json(const source_node& x, member_order order) {
  switch (x.what) {
    case source_node::kind::scalar:
      if (x.plain) {
        if (x.text == "true" || x.text == "false" || is_number(x.text))
          return {x.text};
        if (x.text == "null" || x.text == "~" || x.text.empty())
          return {"null"};
      }
      return {wire::to_json(x.text)};
    case source_node::kind::list: {
      std::string out = "[";
      for (auto& item : x.items)
        out += (out.size() > 1 ? "," : "") + to_json(item, order).text;
      return {out + "]"};
    }
    case source_node::kind::map: {
      std::vector<const source_member*> members;
      for (auto& item : x.members)
        members.push_back(&item);
      if (order == member_order::by_key)
        std::sort(members.begin(), members.end(),
                  [](auto* a, auto* b) { return a->key < b->key; });
      std::string out = "{";
      for (auto* item : members)
        out += (out.size() > 1 ? "," : "") + wire::to_json(item->key) + ":"
             + to_json(item->value, order).text;
      return {out + "}"};
    }
    default: return {"null"};
  }
}

bool is_number(std::string_view x) {
  double value = 0;
  auto begin = x.data();
  auto end = x.data() + x.size();
  auto first = x.starts_with('-') ? x.substr(1) : x;
  if (first.empty() || first[0] < '0' || first[0] > '9')
    return false;
  auto [stop, code] = std::from_chars(begin, end, value);
  return code == std::errc{} && stop == end && std::isfinite(value)
      && wire::is_json(x);
}

} // namespace machine::orchestrator
