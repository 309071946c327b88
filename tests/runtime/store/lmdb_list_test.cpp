#include "tests/runtime/store/fixture.hpp"

using namespace machine;
using namespace machine::test;

TEST_CASE_METHOD(lmdb_fixture,
                 "a page that would have to walk too far is short, "
                 "and the next one goes on") {
  auto engine = open({.sync = store::lmdb_options::durability::none});
  // Each row passes one filter and none both, but for the oldest one.
  constexpr int rows = 60'000;
  for (int written = 0; written < rows;) {
    store::batch what;
    for (int i = 0; i < 10'000; ++i, ++written) {
      auto part = events({"run", "t", std::to_string(written)}, 0, {"x"});
      part.summary = store::summary_row{};
      auto& fields = part.summary->fields;
      fields[written % 2 == 0 ? "even" : "odd"] = "yes";
      if (written == 0)
        fields["odd"] = "yes";
      what.streams.push_back(std::move(part));
    }
    auto stored = append(*engine, std::move(what));
    REQUIRE(stored);
  }
  store::query both{"run", "t", {{"even", "yes"}, {"odd", "yes"}}, "", 10, {}};
  auto first = engine->list(both);
  REQUIRE(first);
  CHECK(first->rows.empty());
  REQUIRE(!first->next_cursor.empty());
  both.cursor = first->next_cursor;
  auto second = engine->list(both);
  REQUIRE(second);
  REQUIRE(second->rows.size() == 1);
  CHECK(second->rows.front().stream.id == "0");
  CHECK(second->next_cursor.empty());
}
