#include "actors/costs/ledger/ledger.hpp"
#include "tests/support/formats.hpp"

using namespace machine;

TEST_CASE("what a ledger stores and is asked survives every format") {
  test::check_alternatives(std::type_identity<costs::ledger_event>{});
  test::check_alternatives(std::type_identity<costs::ledger_command>{});
  test::check_formats<costs::ledger_event>(4);
  test::check_formats<costs::ledger_command>(4);
  test::check_formats<costs::ledger_state>(4);
  test::check_formats<costs::deliver>(4);
}
