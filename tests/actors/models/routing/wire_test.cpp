#include "actors/models/routing/breaker.hpp"
#include "actors/models/routing/learner.hpp"
#include "actors/models/routing/policy.hpp"
#include "actors/models/routing/replay.hpp"
#include "tests/support/formats.hpp"

using namespace machine;

namespace {

/// Places of each random value that are damaged.
constexpr size_t few_places = 4;

} // namespace

TEST_CASE("what routing keeps and sends survives every format") {
  test::check_formats<models::routing_policy>(few_places);
  test::check_formats<models::breaker_signal>(few_places);
  test::check_formats<models::observation>(few_places);
  test::check_formats<models::routed_call>(few_places);
  test::check_formats<models::replay_report>(few_places);
  test::check_formats<models::exploration_ledger>(few_places);
  test::check_formats<models::learner>(few_places);
}
