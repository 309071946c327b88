#include "tests/actors/tenants/tenant_under_test.hpp"
#include "tests/support/draw.hpp"

#include <algorithm>

using namespace machine;
using namespace machine::test;

namespace {

std::string any_id() {
  return draw_text({"root", "ann", "bob", "ci", "dan", "not an id"});
}

size_t any_number() {
  return draw<size_t>(0, 40);
}

std::string any_project() {
  return draw_text({"web", "api", "a b"});
}

std::optional<role> any_role() {
  return *rc::gen::element<std::optional<role>>(
    std::nullopt, role::viewer, role::developer, role::operator_role,
    role::admin, role::admin);
}

std::string any_text() {
  return draw_text({"one", "two", "", "a\nb", "\xFF", std::string(300, 'x')});
}

principal_edit any_edit() {
  principal_edit x;
  if (chance(3))
    x.name = any_text();
  if (chance(2))
    x.tenant_role = role_grant{any_role()};
  if (chance(2))
    x.projects[any_project()] = {any_role()};
  return x;
}

add_key any_key(const tenant_under_test& it) {
  auto x = it.key_for(any_id(), any_number());
  if (!chance(3))
    x.kind = key_kind::session;
  if (!chance(10))
    x.expires_at = it.now + std::chrono::hours{draw(-1, 31 * 24)};
  x.role_cap = any_role();
  if (chance(3))
    x.project = any_project();
  if (chance(20))
    x.id = "no id";
  return x;
}

token_issuer any_issuer() {
  token_issuer x;
  x.id = draw_text({"a", "b", "no id"});
  x.issuer = draw_text({"https://a.example.org", "https://b.example.org"});
  x.audience = "themachine";
  x.algorithms = {draw_text({"RS256", "ES512", "HS256"})};
  x.jwks_url = draw_text({"https://a.example.org/keys", "http://a.org"});
  return x;
}

tenant_command any_person_command(const tenant_under_test&) {
  switch (draw(0, 7)) {
    case 0: {
      add_principal x;
      x.id = any_id();
      x.name = draw_text({"A name", "A name", ""});
      x.kind = *rc::gen::element(principal_kind::user, principal_kind::user,
                                 principal_kind::service);
      x.tenant_role = any_role();
      x.by = "root";
      return x;
    }
    case 1: return disable_principal{any_id(), "root"};
    case 2: return enable_principal{any_id(), "ann"};
    case 3: return remove_principal{any_id(), "root"};
    case 4: return set_password{any_id(), any_text(), "root"};
    default: return change_principal{any_id(), any_edit(), "root"};
  }
}

tenant_command any_key_command(const tenant_under_test& it) {
  switch (draw(0, 10)) {
    case 0:
      return it.rotation(any_number(), any_number(),
                         std::chrono::hours{draw(-1, 8 * 24)});
    case 1: return revoke_key{key_id(any_number()), "root"};
    case 2: return note_key_use{key_id(any_number())};
    case 3: return end_sessions{any_id(), "root"};
    default: return any_key(it);
  }
}

tenant_command any_tenant_command() {
  switch (draw(0, 7)) {
    case 0: return create_tenant{"Acme", "root"};
    case 1: return suspend_tenant{"root"};
    case 2: return resume_tenant{"root"};
    case 3: return add_issuer{any_issuer(), "root"};
    case 4: return remove_issuer{draw_text({"a", "b"}), "root"};
    case 5: return prune_keys{};
    default: {
      change_tenant x{std::nullopt, std::nullopt, "root"};
      if (chance(2))
        x.name = any_text();
      if (chance(2))
        x.limits = tenant_limits{draw<uint32_t>(0, 3), std::nullopt,
                                 draw<uint32_t>(1, 5)};
      return x;
    }
  }
}

tenant_command any_command(const tenant_under_test& it) {
  if (chance(10))
    return any_tenant_command();
  return chance(3) ? any_person_command(it) : any_key_command(it);
}

/// More sessions than a principal may have.
void sign_in_often(tenant_under_test& it) {
  auto who = any_id();
  for (size_t i = 0; i <= max_live_sessions; ++i)
    static_cast<void>(it.give(it.session_for(who, 1'000 + it.log.size())));
}

bool has_admin(const tenant_state& now) {
  return std::any_of(now.principals.begin(), now.principals.end(),
                     [](auto& x) { return is_enabled_admin(x.second); });
}

/// What a key gives is no more than its principal has and the key may.
void check_access(const tenant_under_test& it, const access_key& key) {
  auto found = resolve(it.state, key.id, it.now);
  auto* given = std::get_if<access_grant>(&found);
  auto& people = it.state.principals;
  auto may_open = is_live(key, it.now)
               && it.state.status == tenant_status::active
               && people.contains(key.principal);
  RC_ASSERT((given != nullptr) == may_open);
  if (given == nullptr)
    return;
  auto& owner = people.at(key.principal);
  for (auto* project : {"web", "api", "another"}) {
    auto has = owner.tenant_role;
    if (auto i = owner.projects.find(project); i != owner.projects.end())
      has = std::max(has, std::optional{i->second});
    if (key.role_cap)
      has = std::min(has, key.role_cap);
    if (key.project && key.project != project)
      has.reset();
    RC_ASSERT(role_in(*given, project) == has);
  }
}

/// What holds in every state.
void check_state(const tenant_under_test& it) {
  auto& now = it.state;
  uint64_t size = 0;
  for (auto& [id, x] : now.principals) {
    RC_ASSERT(id == x.id && !check_id("principal", id));
    RC_ASSERT(!check_text("a name", x.name, max_display_name));
    RC_ASSERT(it.count_live(id, key_kind::session) <= max_live_sessions);
    RC_ASSERT(it.count_live(id, key_kind::api_key) <= max_live_keys);
    RC_ASSERT(x.kind == principal_kind::user || !x.password);
    size += size_of(x);
  }
  std::optional<timestamp> next;
  for (auto& [id, x] : now.keys) {
    RC_ASSERT(id == x.id && !check_key_id(id));
    if (is_live(x, it.now)) {
      RC_ASSERT(now.principals.contains(x.principal));
      RC_ASSERT(!now.principals.at(x.principal).disabled);
    }
    if (x.kind == key_kind::session)
      RC_ASSERT(x.expires_at
                && *x.expires_at <= x.created_at + max_session_life);
    if (auto end = end_of(x))
      next = std::min(next.value_or(*end), *end);
    check_access(it, x);
    size += size_of(x);
  }
  for (auto& [id, x] : now.issuers) {
    RC_ASSERT(!check_issuer(x));
    size += size_of(x);
  }
  RC_ASSERT(now.size == size);
  auto wake = tenant::wake_at(now);
  RC_ASSERT(wake.has_value() == next.has_value());
  if (next)
    RC_ASSERT(*wake == *next + key_memory);
  if (!chance(4))
    return;
  auto stored = wire::to_msgpack(now);
  RC_ASSERT(stored.size() <= 1'024 + now.size);
  auto snapshot = wire::from_msgpack<tenant_state>(stored);
  RC_ASSERT(snapshot && *snapshot == now);
}

} // namespace

TEST_CASE("whatever is asked of a tenant, its rules hold") {
  CHECK(rc::check([] {
    tenant_under_test it;
    it.make();
    for (auto* who : {"ann", "bob"})
      RC_ASSERT(!it.add(who, any_role()));
    for (auto left = draw(0, 120); left > 0; --left) {
      if (chance(4))
        it.pass(it.now + std::chrono::minutes{draw(0, 7 * 24 * 60)});
      else
        it.now += std::chrono::seconds{draw(0, 100)};
      if (chance(20))
        sign_in_often(it);
      auto before = it.state;
      auto what = any_command(it);
      if (it.give(what))
        RC_ASSERT(it.state == before);
      RC_ASSERT(has_admin(it.state));
      check_state(it);
    }
    RC_ASSERT(it.replayed() == it.state);
    RC_ASSERT(tenant::summarise(it.state, it.id).body.size() < 1'024);
  }));
}

TEST_CASE("sessions are dropped in the order in which they began") {
  CHECK(rc::check([] {
    tenant_under_test it;
    it.make();
    std::vector<size_t> began;
    for (auto count = draw<size_t>(1, 60); began.size() < count;) {
      // In an order that is not that of their ids.
      auto number = (began.size() * 37) % 100;
      began.push_back(number);
      RC_ASSERT(!it.give(it.session_for("root", number)));
      it.now += std::chrono::seconds{draw(1, 100)};
      for (size_t i = 0; i < began.size(); ++i)
        RC_ASSERT(it.opens(began[i])
                  == (i + max_live_sessions >= began.size()));
    }
  }));
}
