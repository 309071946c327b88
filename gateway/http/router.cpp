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
  result.reserve(8);
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
template <class Ends>
std::string methods_of(const Ends& ends) {
  std::string result;
  auto add = [&](std::string_view name) {
    result += (result.empty() ? "" : ", ") + std::string{name};
  };
  for (auto& [method, what] : ends) {
    add(method);
    if (method == "GET" && !ends.contains("HEAD"))
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
  result.reserve(x.size());
  for (;;) {
    auto plain = x.substr(0, x.find('%'));
    result += plain;
    x.remove_prefix(plain.size());
    if (x.empty())
      break;
    if (x.size() < 3 || hex(x[1]) < 0 || hex(x[2]) < 0)
      return std::nullopt;
    result += static_cast<char>(hex(x[1]) * 16 + hex(x[2]));
    x.remove_prefix(3);
  }
  auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  };
  if (std::any_of(result.begin(), result.end(), is_control)
      || !wire::is_utf8(result))
    return std::nullopt;
  return result;
}

router::router(const route_table& in) {
  for (auto& what : in) {
    auto* at = &root_;
    end last{&what, {}};
    size_t index = 0;
    for (auto part : split(std::string_view{what.pattern}.substr(1), '/')) {
      auto is_param = part.starts_with('{');
      if (is_param)
        last.params.emplace_back(index, part.substr(1, part.size() - 2));
      auto& next = is_param ? at->any : at->fixed[std::string{part}];
      if (!next)
        next = std::make_unique<place>();
      at = next.get();
      ++index;
    }
    at->ends.emplace(what.method, std::move(last));
  }
}

const router::place* router::walk(const place& from,
                                  const std::vector<std::string>& parts,
                                  size_t at) const {
  if (at == parts.size())
    return from.ends.empty() ? nullptr : &from;
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
  parts.reserve(8);
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
  auto& ends = there->ends;
  auto i = ends.find(method);
  if (i == ends.end() && method == "HEAD")
    i = ends.find("GET");
  if (i == ends.end()) {
    result.allowed = methods_of(ends);
    return result;
  }
  auto& request = result.request;
  result.what = i->second.what;
  request.method = method;
  request.path.reserve(path.size());
  for (auto& part : parts)
    request.path.append("/").append(part);
  for (auto& [at, name] : i->second.params)
    request.params.emplace(name, std::move(parts[at]));
  if (question != target.npos)
    if (auto err = read_query(target.substr(question + 1), request))
      return err;
  for (auto& [name, value] : request.query)
    if (!result.what->query.contains(name))
      return bad("the query has an unknown parameter " + name);
  return result;
}

} // namespace machine::gateway
