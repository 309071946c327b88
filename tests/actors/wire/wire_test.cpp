#include "actors/costs/money.hpp"
#include "actors/models/chat.hpp"
#include "actors/models/selector.hpp"
#include "actors/orchestrator/run/commands.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "actors/orchestrator/run/summary.hpp"
#include "actors/orchestrator/scheduler/run_schedule.hpp"
#include "actors/orchestrator/scheduler/summary.hpp"
#include "actors/tracker/commands.hpp"
#include "actors/tracker/events.hpp"
#include "actors/tracker/state.hpp"
#include "actors/tracker/summary.hpp"
#include "runtime/entity/entity.hpp"
#include "runtime/entity/pieces.hpp"
#include "runtime/supervisor/status.hpp"
#include "tests/support/formats.hpp"

/// The types of the product that are stored or sent, against every format.

namespace machine::test {

template <>
struct random<orchestrator::shared_workflow> {
  static orchestrator::shared_workflow make() {
    return orchestrator::shared_workflow{
      random_value<orchestrator::workflow>()};
  }
};

} // namespace machine::test

using namespace machine;

namespace {

/// Places of each random value that are damaged: there are many types.
constexpr size_t few = 4;

template <class... Ts>
void check_all() {
  (test::check_formats<Ts>(few), ...);
}

template <class Variant>
void check_variant() {
  test::check_alternatives(std::type_identity<Variant>{});
  test::check_formats<Variant>(few);
}

} // namespace

TEST_CASE("what happens to a run survives every format") {
  check_variant<orchestrator::run_event>();
  check_all<entity::recorded<orchestrator::run_event>>();
}

TEST_CASE("what a run is asked survives every format") {
  check_variant<orchestrator::run_command>();
}

TEST_CASE("a run and its workflow survive every format") {
  check_variant<orchestrator::step_action>();
  check_all<orchestrator::workflow, orchestrator::run_state,
            orchestrator::run_summary>();
}

TEST_CASE("a project survives every format") {
  check_variant<tracker::project_event>();
  check_variant<tracker::project_command>();
  check_all<tracker::project_state, tracker::project_summary,
            entity::recorded<tracker::project_event>>();
}

TEST_CASE("a schedule survives every format") {
  check_variant<orchestrator::schedule_event>();
  check_variant<orchestrator::schedule_command>();
  check_all<orchestrator::run_schedule_state, orchestrator::schedule_summary,
            entity::recorded<orchestrator::schedule_event>>();
}

TEST_CASE("talk with models survives every format") {
  check_all<models::chat_request, models::chat_response,
            models::selection_request, models::decision, costs::price>();
}

TEST_CASE("what every entity and supervisor sends survives every format") {
  check_all<entity::key, entity::live_piece, entity::published,
            supervision::child_status, entity::outcome<orchestrator::run>>();
}
