#include "actors/orchestrator/workflow/template.hpp"

#include "actors/orchestrator/workflow/jq.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

/// Bound on a text with its expressions filled in, in bytes.
constexpr size_t max_template_result = 4u << 20;

struct part {
  bool is_expression = false;
  std::string text;
};

std::string trim(std::string_view x) {
  auto first = x.find_first_not_of(" \t\n\r");
  if (first == x.npos)
    return {};
  return std::string{
    x.substr(first, x.find_last_not_of(" \t\n\r") - first + 1)};
}

/// Where the `}}` stands that closes the expression at the beginning of *x*:
/// the first one outside of its objects and strings.
size_t find_close(std::string_view x) {
  size_t depth = 0;
  auto quoted = false;
  for (size_t i = 0; i < x.size(); ++i) {
    auto c = x[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}') {
      if (depth > 0)
        --depth;
      else if (i + 1 < x.size() && x[i + 1] == '}')
        return i;
    }
  }
  return x.npos;
}

caf::expected<std::vector<part>> split(std::string_view text) {
  constexpr std::string_view open = "${{";
  std::vector<part> result;
  std::string plain;
  auto flush = [&] {
    if (!plain.empty())
      result.push_back({false, std::exchange(plain, {})});
  };
  while (!text.empty()) {
    auto at = text.find(open);
    if (at == text.npos) {
      plain += text;
      break;
    }
    if (at > 0 && text[at - 1] == '$') {
      plain += text.substr(0, at - 1);
      plain += open;
      text.remove_prefix(at + open.size());
      continue;
    }
    plain += text.substr(0, at);
    auto inside = text.substr(at + open.size());
    auto end = find_close(inside);
    if (end == inside.npos)
      return make_error(ec::invalid_argument,
                        "a `${{` is not closed by `}}`; write `$${{` for the "
                        "characters themselves");
    flush();
    result.push_back({true, trim(inside.substr(0, end))});
    text = inside.substr(end + 2);
  }
  flush();
  return result;
}

} // namespace

caf::expected<std::vector<std::string>> expressions_of(std::string_view text) {
  auto parts = split(text);
  if (!parts)
    return std::move(parts.error());
  std::vector<std::string> result;
  for (auto& x : *parts)
    if (x.is_expression)
      result.push_back(std::move(x.text));
  return result;
}

caf::expected<json_text> render_template(std::string_view text,
                                         const jq_scope& scope, jq_budget& jq) {
  auto parts = split(text);
  if (!parts)
    return std::move(parts.error());
  if (parts->size() == 1 && parts->front().is_expression)
    return jq.evaluate(parts->front().text, scope);
  std::string result;
  for (auto& x : *parts) {
    if (result.size() > max_template_result)
      return make_error(ec::limit_exceeded,
                        "the text has more than "
                          + std::to_string(max_template_result)
                          + " bytes once its expressions are filled in");
    if (!x.is_expression) {
      result += x.text;
      continue;
    }
    auto value = jq.evaluate(x.text, scope);
    if (!value)
      return std::move(value.error());
    if (auto plain = wire::from_json<std::string>(value->text))
      result += *plain;
    else
      result += value->text;
  }
  return json_text{wire::to_json(result)};
}

caf::expected<json_text> render_template(std::string_view text,
                                         const jq_scope& scope) {
  jq_limits limits;
  jq_budget jq{limits.deadline, limits};
  return render_template(text, scope, jq);
}

} // namespace machine::orchestrator
