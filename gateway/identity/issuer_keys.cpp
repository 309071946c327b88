#include "gateway/identity/issuer_keys.hpp"

#include <algorithm>
#include <charconv>

namespace machine::gateway {

namespace {

constexpr duration connect_patience{5'000};
/// For all of it; less than `jwks_times::fetch_deadline`.
constexpr duration fetch_patience{10'000};

caf::error no_keys() {
  return make_error(ec::unavailable,
                    "the keys of the token's issuer cannot be had now; try "
                    "again later");
}

net::request keys_request(const std::string& url, net::address_policy where) {
  net::request result;
  result.url = url;
  result.headers = {{"Accept", "application/jwk-set+json, application/json"}};
  result.connect_timeout = connect_patience;
  result.idle_timeout = connect_patience;
  result.total_timeout = fetch_patience;
  result.max_response_bytes = security::jwk_set::max_bytes;
  result.addresses = where;
  return result;
}

caf::expected<issuer_keys::key_set> read_keys(std::string_view text) {
  auto read = security::parse_jwk_set(text);
  if (!read)
    return std::move(read.error());
  return std::make_shared<const security::jwk_set>(std::move(*read));
}

std::string_view trimmed(std::string_view x) {
  while (x.starts_with(' ') || x.starts_with('\t'))
    x.remove_prefix(1);
  while (x.ends_with(' ') || x.ends_with('\t'))
    x.remove_suffix(1);
  return x;
}

} // namespace

std::optional<duration> max_age_of(std::string_view cache_control) {
  constexpr std::string_view name = "max-age=";
  std::optional<duration> result;
  while (!cache_control.empty()) {
    auto end = std::min(cache_control.find(','), cache_control.size());
    auto part = trimmed(cache_control.substr(0, end));
    cache_control.remove_prefix(std::min(end + 1, cache_control.size()));
    if (part == "no-store" || part == "no-cache")
      return duration{0};
    if (!part.starts_with(name))
      continue;
    part.remove_prefix(name.size());
    uint32_t seconds = 0;
    auto [stop, code] =
      std::from_chars(part.data(), part.data() + part.size(), seconds);
    if (code == std::errc{} && stop == part.data() + part.size())
      result = std::chrono::seconds{seconds};
  }
  return result;
}

size_t issuer_keys::fetches() const {
  std::lock_guard guard{mutex_};
  return fetches_;
}

void issuer_keys::get(const std::string& tenant, const tenants::token_issuer& x,
                      const finder& find, done then) {
  auto name = tenant + "/" + x.id;
  if (!x.jwks_url)
    return then(fixed_keys(name, x));
  // Keys of another address are others, whatever the issuer is called.
  name += " " + *x.jwks_url;
  key_set keys;
  {
    std::lock_guard guard{mutex_};
    if (auto* there = find_shelf(name))
      keys = there->keys;
  }
  auto lookup = keys ? find(*keys) : security::key_lookup::unknown;
  auto now = options_.clock();
  std::optional<size_t> number;
  {
    std::lock_guard guard{mutex_};
    auto* there = find_shelf(name);
    using enum security::jwks_decision;
    auto what =
      there == nullptr ? refuse : security::decide(there->state, lookup, now);
    if (what == fetch_in_background || what == fetch_now) {
      auto before = there->state.begun_at;
      there->state = security::begin_fetch(there->state, lookup, now);
      if (there->state.begun_at != before)
        number = there->fetch = ++fetches_;
    }
    if (what == fetch_now && there->waiting.size() < max_waiting)
      there->waiting.push_back(std::exchange(then, nullptr));
    keys = there == nullptr || what == refuse || what == fetch_now
           ? nullptr
           : there->keys;
  }
  if (number)
    begin(name, *x.jwks_url, *number);
  if (then)
    then(keys ? caf::expected<key_set>{keys} : no_keys());
}

caf::expected<issuer_keys::key_set>
issuer_keys::fixed_keys(const std::string& name,
                        const tenants::token_issuer& x) {
  auto& text = x.jwks ? x.jwks->text : x.issuer;
  {
    std::lock_guard guard{mutex_};
    if (auto i = fixed_.find(name);
        i != fixed_.end() && i->second.first == text)
      return i->second.second;
  }
  auto read = read_keys(text);
  if (!read) {
    if (options_.told)
      options_.told("issuer " + name + ": " + message_of(read.error()));
    return no_keys();
  }
  std::lock_guard guard{mutex_};
  if (fixed_.size() >= max_issuers && !fixed_.contains(name))
    fixed_.erase(fixed_.begin());
  fixed_.insert_or_assign(name, std::pair{text, *read});
  return *read;
}

issuer_keys::shelf* issuer_keys::find_shelf(const std::string& name) {
  if (shelves_.size() >= max_issuers && !shelves_.contains(name)) {
    auto oldest = shelves_.end();
    for (auto i = shelves_.begin(); i != shelves_.end(); ++i)
      if (i->second.waiting.empty()
          && (oldest == shelves_.end() || i->second.used < oldest->second.used))
        oldest = i;
    if (oldest == shelves_.end())
      return nullptr;
    shelves_.erase(oldest);
  }
  auto& result = shelves_[name];
  result.used = ++clock_hand_;
  return &result;
}

void issuer_keys::begin(const std::string& name, const std::string& url,
                        size_t number) {
  auto answer = std::make_shared<net::response>();
  net::handlers how;
  how.on_head = [answer](const net::response_head& head) {
    answer->head = head;
  };
  how.on_data = [answer](std::string_view data) { answer->body += data; };
  how.on_done = [=, weak = weak_from_this()](caf::error problem) {
    auto me = weak.lock();
    if (!me)
      return;
    auto read = [me, name, number, problem, answer] {
      me->take(name, number, problem, *answer);
    };
    if (auto full = me->options_.post(read))
      me->settle(name, number, full, {});
  };
  options_.http->start(keys_request(url, options_.addresses), std::move(how));
}

void issuer_keys::take(const std::string& name, size_t number,
                       const caf::error& problem, const net::response& answer) {
  auto why = problem;
  if (!why && answer.head.status != 200)
    why = make_error(ec::unavailable, "the issuer answered with status "
                                        + std::to_string(answer.head.status));
  if (why)
    return settle(name, number, why, {});
  settle(name, number, read_keys(answer.body),
         max_age_of(answer.head.header("cache-control").value_or("")));
}

void issuer_keys::settle(const std::string& name, size_t number,
                         caf::expected<key_set> keys,
                         std::optional<duration> max_age) {
  if (!keys && options_.told)
    options_.told("the keys of issuer " + name
                  + " cannot be had: " + message_of(keys.error()));
  auto now = options_.clock();
  std::vector<done> waiting;
  key_set good;
  {
    std::lock_guard guard{mutex_};
    auto i = shelves_.find(name);
    // Another fetch may be under way since, of which more is to be expected.
    if (i == shelves_.end() || i->second.fetch != number)
      return;
    auto& there = i->second;
    if (keys)
      there.keys = *keys;
    there.state = keys ? security::fetch_succeeded(there.state, max_age, now)
                       : security::fetch_failed(there.state, now);
    waiting.swap(there.waiting);
    auto what = security::decide(there.state, security::key_lookup::known, now);
    if (what == security::jwks_decision::use)
      good = there.keys;
  }
  for (auto& then : waiting)
    then(good ? caf::expected<key_set>{good} : no_keys());
}

} // namespace machine::gateway
