#pragma once

#include "actors/tenants/access.hpp"
#include "actors/tenants/bounds.hpp"
#include "actors/tenants/check.hpp"
#include "actors/tenants/summary.hpp"
#include "actors/tenants/tenant.hpp"
#include "actors/tenants/views.hpp"
#include "runtime/entity/draft.hpp"
#include "runtime/wire/text.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace machine::test {

using namespace tenants;
using namespace std::chrono_literals;

constexpr auto one_day = 24h;

/// The id of the key *number*.
inline std::string key_id(size_t number) {
  auto digits = std::to_string(number);
  return "k" + std::string(key_id_length - 1 - digits.size(), '0') + digits;
}

/// The hash of some secret.
inline std::string key_hash(size_t number) {
  auto digits = std::to_string(number);
  return std::string(key_hash_length - digits.size(), 'a') + digits;
}

/// A tenant without an actor: the core and its log, and a clock.
struct tenant_under_test {
  tenant_state state;
  entity::key id{"system", "acme"};
  timestamp now = *wire::parse_time("2027-01-01T00:00:00Z");
  std::vector<std::pair<timestamp, tenant_event>> log;
  /// Events of the last command.
  std::vector<tenant_event> events;

  caf::error give(tenant_command what) {
    entity::context ctx{id, now, 0};
    entity::draft<tenant> to{state, ctx};
    events.clear();
    if (auto refused = tenant::decide(to, what)) {
      REQUIRE(!to.changed());
      return refused;
    }
    events = to.take_events();
    for (auto& event : events)
      log.emplace_back(now, event);
    return caf::none;
  }

  /// The code with which *what* is refused; `none` if it is not.
  ec code_for(tenant_command what) {
    auto refused = give(std::move(what));
    return refused ? code_of(refused) : ec::none;
  }

  /// The tenant with the admin `root`.
  void make() {
    REQUIRE(!give(create_tenant{"Acme", "root"}));
    REQUIRE(!add("root", role::admin));
  }

  caf::error add(const std::string& who,
                 std::optional<role> tenant_role = std::nullopt,
                 std::map<std::string, role> projects = {}) {
    add_principal what;
    what.id = who;
    what.name = who;
    what.tenant_role = tenant_role;
    what.projects = std::move(projects);
    what.by = "root";
    return give(what);
  }

  caf::error grant(const std::string& who, std::optional<role> tenant_role) {
    change_principal what;
    what.id = who;
    what.edit.tenant_role = role_grant{tenant_role};
    what.by = "root";
    return give(what);
  }

  add_key key_for(const std::string& who, size_t number) const {
    add_key what;
    what.id = key_id(number);
    what.principal = who;
    what.name = "a key";
    what.hash = key_hash(number);
    what.by = "root";
    return what;
  }

  add_key session_for(const std::string& who, size_t number) const {
    auto what = key_for(who, number);
    what.kind = key_kind::session;
    what.expires_at = now + one_day;
    return what;
  }

  rotate_key rotation(size_t number, size_t next, duration grace = 1h) const {
    return {key_id(number), key_id(next), key_hash(next), grace, true, "root"};
  }

  /// Whether the key *number* opens something; if not, why.
  resolution open(size_t number) const {
    return resolve(state, key_id(number), now);
  }

  bool opens(size_t number) const {
    return std::holds_alternative<access_grant>(open(number));
  }

  bool refuses(size_t number, key_refusal why) const {
    auto result = open(number);
    auto* is = std::get_if<key_refusal>(&result);
    return is != nullptr && *is == why;
  }

  size_t count_live(const std::string& who, key_kind kind) const {
    return live_keys(state, who, kind, now).size();
  }

  /// Lets time pass up to *until*, with every alarm on its way.
  void pass(timestamp until) {
    for (;;) {
      auto at = tenant::wake_at(state);
      if (!at || *at > until)
        break;
      now = std::max(now, *at);
      REQUIRE(!give(*tenant::on_wake()));
      // It never wakes for nothing.
      REQUIRE(!events.empty());
    }
    now = std::max(now, until);
  }

  tenant_state replayed() const {
    tenant_state result;
    for (auto& [at, x] : log)
      tenant::apply(result,
                    *wire::from_msgpack<tenant_event>(wire::to_msgpack(x)), at);
    return result;
  }
};

} // namespace machine::test
