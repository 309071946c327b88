#include "gateway/http/route.hpp"

#include "runtime/wire/document.hpp"

#include <algorithm>

namespace machine::gateway {

namespace {

constexpr size_t max_target = 4'096;

int hex(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

std::vector<std::string_view> split(std::string_view x, char at) {
  std::vector<std::string_view> result;
  for (;;) {
    auto end = x.find(at);
    result.push_back(x.substr(0, end));
    if (end == x.npos)
      return result;
    x.remove_prefix(end + 1);
  }
}

caf::error bad(std::string what) {
  return make_error(ec::invalid_argument, std::move(what));
}

bool matches(const std::vector<std::string_view>& pattern,
             const std::vector<std::string>& parts, http_request& into) {
  if (pattern.size() != parts.size())
    return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    auto name = pattern[i];
    if (name.starts_with('{'))
      into.params[std::string{name.substr(1, name.size() - 2)}] = parts[i];
    else if (name != parts[i])
      return false;
  }
  return true;
}

caf::error read_query(std::string_view text, http_request& into) {
  if (text.empty())
    return caf::none;
  for (auto pair : split(text, '&')) {
    auto equals = pair.find('=');
    std::string spaced{equals == pair.npos ? "" : pair.substr(equals + 1)};
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    auto name = decode_percent(pair.substr(0, equals));
    auto value = decode_percent(spaced);
    if (!name || !value || name->empty())
      return bad("the query does not read");
    if (!into.query.emplace(*name, *value).second)
      return bad("the query has " + *name + " twice");
  }
  return caf::none;
}

} // namespace

std::optional<std::string> decode_percent(std::string_view x) {
  std::string result;
  for (size_t i = 0; i < x.size(); ++i) {
    auto c = x[i];
    if (c == '%') {
      if (i + 2 >= x.size() || hex(x[i + 1]) < 0 || hex(x[i + 2]) < 0)
        return std::nullopt;
      c = static_cast<char>(hex(x[i + 1]) * 16 + hex(x[i + 2]));
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      return std::nullopt;
    result += c;
  }
  if (!wire::is_utf8(result))
    return std::nullopt;
  return result;
}

caf::expected<route_match> find_route(const route_table& in,
                                      std::string_view method,
                                      std::string_view target) {
  if (target.size() > max_target || !target.starts_with('/'))
    return bad("the target is no path of at most 4096 bytes");
  auto question = target.find('?');
  auto path = target.substr(0, question);
  std::vector<std::string> parts;
  for (auto part : split(path.substr(1), '/')) {
    auto decoded = decode_percent(part);
    if (!decoded || decoded->size() > 256)
      return bad("the path does not read");
    parts.push_back(std::move(*decoded));
  }
  route_match result;
  for (auto& candidate : in) {
    http_request request;
    auto pattern = split(std::string_view{candidate.pattern}.substr(1), '/');
    if (!matches(pattern, parts, request))
      continue;
    auto same = candidate.method == method
             || (method == "HEAD" && candidate.method == "GET");
    if (!same) {
      result.allowed += (result.allowed.empty() ? "" : ", ") + candidate.method;
      if (candidate.method == "GET")
        result.allowed += ", HEAD";
      continue;
    }
    request.method = method;
    request.path = decode_percent(path).value_or("");
    if (question != target.npos)
      if (auto err = read_query(target.substr(question + 1), request))
        return err;
    for (auto& [name, value] : request.query)
      if (!candidate.query.contains(name))
        return bad("the query has an unknown parameter " + name);
    result.what = &candidate;
    result.request = std::move(request);
    result.allowed.clear();
    return result;
  }
  return result;
}

} // namespace machine::gateway
