#include "actors/tenants/summary.hpp"
#include "actors/tenants/tenant.hpp"
#include "actors/tenants/views.hpp"
#include "tests/support/formats.hpp"

using namespace machine;
using namespace machine::tenants;

namespace {

/// Places of each random value that are damaged.
constexpr size_t few = 4;

} // namespace

TEST_CASE("what a tenant is asked survives every format") {
  test::check_alternatives(std::type_identity<tenant_command>{});
  test::check_formats<tenant_command>(few);
}

TEST_CASE("what happens to a tenant survives every format") {
  test::check_alternatives(std::type_identity<tenant_event>{});
  test::check_formats<tenant_event>(few);
  test::check_formats<entity::recorded<tenant_event>>(few);
  test::check_formats<entity::outcome<tenant>>(few);
}

TEST_CASE("a tenant and what clients see of it survive every format") {
  test::check_formats<tenant_state>(few);
  test::check_formats<tenant_summary>(few);
  test::check_formats<principal_view>(few);
  test::check_formats<key_view>(few);
}
