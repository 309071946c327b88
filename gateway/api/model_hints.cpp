#include "gateway/api/model_hints.hpp"

#include "actors/costs/ledger/budget.hpp"
#include "gateway/api/ask.hpp"

#include <charconv>
#include <cmath>

namespace machine::gateway {

namespace {

caf::error bad_hint(const char* name, const std::string& is,
                    const char* should) {
  return make_error(ec::invalid_argument, std::string{name} + " is \""
                                            + is.substr(0, 100) + "\"; "
                                            + should);
}

std::vector<std::string> list_of(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    auto end = std::min(text.find(','), text.size());
    auto item = text.substr(0, end);
    while (item.starts_with(' '))
      item.remove_prefix(1);
    while (item.ends_with(' '))
      item.remove_suffix(1);
    if (!item.empty())
      result.emplace_back(item);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

caf::error take_bounds(models::order& to, const http_request& request) {
  if (auto text = request.header_or("x-machine-max-cost", ""); !text.empty()) {
    auto money = costs::parse_usd(text);
    if (!money)
      return with_context("X-Machine-Max-Cost", money.error());
    to.money = *money;
  }
  if (auto text = request.header_or("x-machine-deadline-ms", "");
      !text.empty()) {
    auto ms = number_of(text);
    if (!ms || *ms < 1 || *ms > 86'400'000)
      return bad_hint("X-Machine-Deadline-Ms", text,
                      "it is a number of milliseconds, a day at most");
    to.deadline = duration{static_cast<int64_t>(*ms)};
  }
  if (auto text = request.header_or("x-machine-quality", ""); !text.empty()) {
    double quality = 0;
    auto [end, code] =
      std::from_chars(text.data(), text.data() + text.size(), quality);
    if (code != std::errc{} || end != text.data() + text.size()
        || !(quality >= 0 && quality <= 1))
      return bad_hint("X-Machine-Quality", text,
                      "it is what is good enough, from 0 to 1");
    to.minimum_quality = quality;
  }
  return caf::none;
}

} // namespace

caf::error take_cache_hints(models::chat_order& to,
                            const http_request& request) {
  if (auto text = request.header_or("x-machine-cache", ""); !text.empty()) {
    auto use = wire::from_name<models::cache_use>(text);
    if (!use)
      return bad_hint("X-Machine-Cache", text, "it can be off, on or refresh");
    to.cache = *use;
  }
  if (auto text = request.header_or("x-machine-cache-ttl-s", "");
      !text.empty()) {
    auto seconds = number_of(text);
    if (!seconds || *seconds < 1 || *seconds > 30 * 86'400)
      return bad_hint("X-Machine-Cache-Ttl-S", text,
                      "it is a number of seconds, 30 days at most");
    to.keep_for = std::chrono::seconds{*seconds};
  }
  return caf::none;
}

caf::error take_hints(models::order& to, const scope& in,
                      const http_request& request) {
  auto& who = in.who();
  to.tenant = in.tenant();
  to.whose.principal = who.id;
  to.whose.key = who.key.value_or("");
  to.whose.project = request.header_or("x-machine-project", "default");
  to.whose.agent = request.header_or("x-machine-agent", "");
  to.whose.tags = list_of(request.header_or("x-machine-tags", ""));
  to.policy = request.header_or("x-machine-policy", "");
  if (auto job = request.header_or("x-machine-job", ""); !job.empty())
    to.job = job.substr(0, 128);
  if (auto err = costs::check(to.whose))
    return err;
  if (auto err = check_role(in, to.whose.project, tenants::role::developer))
    return err;
  return take_bounds(to, request);
}

} // namespace machine::gateway
