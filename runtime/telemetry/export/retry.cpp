#include "runtime/telemetry/export/retry.hpp"

#include "runtime/wire/wire.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>

namespace machine {

namespace {

/// More is not asked for in earnest.
constexpr int64_t longest_wait_seconds = 86'400;

template <class T>
std::optional<T> to_integer(std::string_view text) {
  T result = 0;
  auto end = text.data() + text.size();
  auto [stop, code] = std::from_chars(text.data(), end, result);
  if (code != std::errc{} || stop != end)
    return std::nullopt;
  return result;
}

const wire::node* member(const wire::document& of, const wire::node* map,
                         std::string_view name) {
  if (map == nullptr || map->kind != wire::node_kind::map)
    return nullptr;
  for (auto* i = of.first(*map); i != nullptr; i = of.next(*i))
    if (i->key == name)
      return i;
  return nullptr;
}

} // namespace

export_verdict judge_status(int status) {
  if (status >= 200 && status < 300)
    return export_verdict::accepted;
  switch (status) {
    case 429:
    case 502:
    case 503:
    case 504: return export_verdict::again;
    default: return export_verdict::refused;
  }
}

export_verdict judge_failure(ec why) {
  switch (why) {
    case ec::unavailable:
    case ec::io_failed:
    case ec::timeout:
    // Too many requests of ours are under way.
    case ec::limit_exceeded: return export_verdict::again;
    default: return export_verdict::refused;
  }
}

std::optional<duration> retry_after(const net::response_head& head,
                                    timestamp now) {
  auto text = head.header("retry-after");
  if (!text)
    return std::nullopt;
  auto seconds = to_integer<int64_t>(*text);
  if (!seconds) {
    auto date = curl_getdate(text->c_str(), nullptr);
    if (date < 0)
      return std::nullopt;
    auto at =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
    seconds = date - at.count();
  }
  return std::chrono::seconds{
    std::clamp<int64_t>(*seconds, 0, longest_wait_seconds)};
}

duration retry_delay(const backoff& how, unsigned attempt,
                     std::optional<duration> asked, uint64_t random) {
  if (asked)
    return std::clamp(*asked, duration{0}, how.most);
  auto whole = std::min(how.first, how.most);
  for (unsigned i = 1; i < attempt && whole < how.most; ++i)
    whole = whole > how.most / 2 ? how.most : whole * 2;
  auto half = whole.count() / 2;
  auto spread = static_cast<uint64_t>(whole.count() - half) + 1;
  return duration{half + static_cast<int64_t>(random % spread)};
}

uint64_t rejected_spans(std::string_view body) {
  auto answer = wire::parse_json(body, {64u << 10, 16, 10'000});
  if (!answer)
    return 0;
  auto* success = member(*answer, &answer->root(), "partialSuccess");
  auto* count = member(*answer, success, "rejectedSpans");
  if (count == nullptr)
    return 0;
  switch (count->kind) {
    case wire::node_kind::text:
      return to_integer<uint64_t>(count->text).value_or(0);
    case wire::node_kind::integer:
      return static_cast<uint64_t>(std::max<int64_t>(count->integer, 0));
    default: return 0;
  }
}

} // namespace machine
