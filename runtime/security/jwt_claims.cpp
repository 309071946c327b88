#include "runtime/security/jwt_claims.hpp"

#include "runtime/security/json_member.hpp"

namespace machine::security {

namespace {

/// The end of the year 9999, in seconds.
constexpr int64_t last_second = 253'402'300'799;

caf::error refused(std::string why) {
  return make_error(ec::denied, "the token " + std::move(why));
}

/// Seconds since the epoch, with a fraction or without (RFC 7519, section 2).
std::optional<timestamp> to_time(const wire::node& x) {
  using std::chrono::microseconds;
  if (x.kind == wire::node_kind::integer && x.integer >= 0
      && x.integer <= last_second)
    return timestamp{std::chrono::seconds{x.integer}};
  if (x.kind == wire::node_kind::real && x.real >= 0
      && x.real <= static_cast<double>(last_second))
    return timestamp{microseconds{static_cast<int64_t>(x.real * 1e6)}};
  return std::nullopt;
}

caf::expected<std::optional<timestamp>> read_time(const wire::document& from,
                                                  std::string_view name) {
  std::optional<timestamp> result;
  auto* found = member_of(from, from.root(), name);
  if (found == nullptr)
    return result;
  result = to_time(*found);
  if (!result)
    return refused("has an \"" + std::string{name}
                   + "\" that is no number of seconds from 1970 to 9999");
  return result;
}

/// Whether *x* has a control character: C0, DEL or C1.
bool has_control(std::string_view x) {
  for (size_t i = 0; i < x.size(); ++i) {
    auto c = static_cast<unsigned char>(x[i]);
    auto next = i + 1 < x.size() ? static_cast<unsigned char>(x[i + 1]) : 0u;
    if (c < 0x20 || c == 0x7F || (c == 0xC2 && next < 0xA0))
      return true;
  }
  return false;
}

bool is_name(std::string_view x) {
  return !x.empty() && x.size() <= jwt_claims::max_name_bytes
      && !has_control(x);
}

/// Whether `aud` is *audience* or a list of texts with it.
bool is_for(const wire::document& from, std::string_view audience) {
  auto* found = member_of(from, from.root(), "aud");
  if (found == nullptr)
    return false;
  if (found->kind == wire::node_kind::text)
    return found->text == audience;
  if (found->kind != wire::node_kind::list)
    return false;
  auto result = false;
  for (auto* i = from.first(*found); i != nullptr; i = from.next(*i)) {
    if (i->kind != wire::node_kind::text)
      return false;
    result = result || i->text == audience;
  }
  return result;
}

caf::error check_times(const jwt_claims& x, const jwt_policy& policy,
                       timestamp now) {
  if (now >= x.expires_at + policy.clock_skew)
    return refused("has expired; its owner needs a new one");
  if (x.not_before && now + policy.clock_skew < *x.not_before)
    return refused("is not good yet; if it should be, compare the clocks");
  if (x.issued_at && now + policy.clock_skew < *x.issued_at)
    return refused("was issued in the future; compare the clocks");
  if (policy.max_lifetime
      && x.expires_at - x.issued_at.value_or(now) > *policy.max_lifetime)
    return refused("is good for longer than the policy allows");
  return caf::none;
}

} // namespace

caf::expected<jwt_claims> read_jwt_claims(std::string_view json,
                                          const jwt_policy& policy,
                                          timestamp now) {
  const wire::limits bounds{policy.max_bytes, 16, 2'000};
  auto parsed = wire::parse_json(json, bounds);
  // What the parser says would quote the token.
  if (!parsed || parsed->root().kind != wire::node_kind::map)
    return refused("has claims that are no JSON object, nested 16 deep at "
                   "most, in which names stand once");
  auto& document = *parsed;
  auto& root = document.root();
  if (text_member(document, root, "iss") != policy.issuer)
    return refused("is of another issuer than " + policy.issuer);
  if (!is_for(document, policy.audience))
    return refused("is for another audience than " + policy.audience);
  auto subject = text_member(document, root, "sub");
  if (!subject || !is_name(*subject))
    return refused("has no \"sub\" of 1 to 256 bytes without control "
                   "characters");
  jwt_claims result;
  if (member_of(document, root, "jti") != nullptr) {
    auto id = text_member(document, root, "jti");
    if (!id || !is_name(*id))
      return refused("has a \"jti\" that is no text of 1 to 256 bytes without "
                     "control characters");
    result.id = *id;
  }
  auto expires_at = read_time(document, "exp");
  auto not_before = read_time(document, "nbf");
  auto issued_at = read_time(document, "iat");
  for (auto* time : {&expires_at, &not_before, &issued_at})
    if (!*time)
      return time->error();
  if (!*expires_at)
    return refused("has no \"exp\"; a token must expire");
  result.subject = *subject;
  result.issuer = policy.issuer;
  result.issued_at = *issued_at;
  result.not_before = *not_before;
  result.expires_at = **expires_at;
  result.all.text = json;
  if (auto problem = check_times(result, policy, now))
    return problem;
  return result;
}

} // namespace machine::security
