#include "gateway/http/router.hpp"

#include "runtime/wire/document.hpp"

#include <algorithm>

namespace machine::gateway {

namespace {

constexpr size_t max_target = 4'096;
constexpr size_t max_part = 256;

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

/// For the header `Allow`.
template <class Routes>
std::string methods_of(const Routes& routes) {
  std::string result;
  auto add = [&](std::string_view name) {
    result += (result.empty() ? "" : ", ") + std::string{name};
  };
  for (auto& [method, what] : routes) {
    add(method);
    if (method == "GET" && !routes.contains("HEAD"))
      add("HEAD");
  }
  return result;
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

router::router(const route_table& in) {
  for (auto& what : in) {
    auto* at = &root_;
    for (auto part : split(std::string_view{what.pattern}.substr(1), '/')) {
      auto& next =
        part.starts_with('{') ? at->any : at->fixed[std::string{part}];
      if (!next)
        next = std::make_unique<place>();
      at = next.get();
    }
    at->routes.emplace(what.method, &what);
  }
}

const router::place* router::walk(const place& from,
                                  const std::vector<std::string>& parts,
                                  size_t at) const {
  if (at == parts.size())
    return from.routes.empty() ? nullptr : &from;
  if (auto i = from.fixed.find(parts[at]); i != from.fixed.end())
    if (auto* found = walk(*i->second, parts, at + 1))
      return found;
  return from.any ? walk(*from.any, parts, at + 1) : nullptr;
}

caf::expected<route_match> router::find(std::string_view method,
                                        std::string_view target) const {
  if (target.size() > max_target || !target.starts_with('/'))
    return bad("the target is no path of at most 4096 bytes");
  auto question = target.find('?');
  auto path = target.substr(0, question);
  std::vector<std::string> parts;
  for (auto part : split(path.substr(1), '/')) {
    auto decoded = decode_percent(part);
    if (!decoded || decoded->size() > max_part)
      return bad("the path does not read");
    parts.push_back(std::move(*decoded));
  }
  route_match result;
  auto* there = walk(root_, parts, 0);
  if (there == nullptr)
    return result;
  auto& routes = there->routes;
  auto i = routes.find(method);
  if (i == routes.end() && method == "HEAD")
    i = routes.find("GET");
  if (i == routes.end()) {
    result.allowed = methods_of(routes);
    return result;
  }
  auto& request = result.request;
  result.what = i->second;
  request.method = method;
  request.path = decode_percent(path).value_or("");
  auto pattern = split(std::string_view{i->second->pattern}.substr(1), '/');
  for (size_t n = 0; n < pattern.size(); ++n)
    if (pattern[n].starts_with('{'))
      request.params[std::string{pattern[n].substr(1, pattern[n].size() - 2)}] =
        std::move(parts[n]);
  if (question != target.npos)
    if (auto err = read_query(target.substr(question + 1), request))
      return err;
  for (auto& [name, value] : request.query)
    if (!result.what->query.contains(name))
      return bad("the query has an unknown parameter " + name);
  return result;
}

} // namespace machine::gateway
