#include "actors/costs/report/forecast.hpp"
#include "actors/costs/report/top.hpp"
#include "tests/support/formats.hpp"

using namespace machine;

TEST_CASE("what is told of spending survives every format") {
  test::check_formats<costs::report>(4);
  test::check_formats<costs::forecast>(4);
  test::check_formats<costs::top_spending>(4);
}
