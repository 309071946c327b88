#include "tests/actors/secrets/vault_under_test.hpp"
#include "tests/support/formats.hpp"

using namespace machine;
using namespace machine::test;

namespace {

/// A secret without an actor.
struct secret_under_test {
  secret_state state;
  entity::context ctx{{"acme", "key"}, timestamp{std::chrono::seconds{1}}};

  caf::error give(const secret_command& what) {
    entity::draft<vault_secret> to{state, ctx};
    auto before = state;
    auto result = vault_secret::decide(to, what);
    if (result)
      CHECK(state == before);
    return result;
  }

  static put_secret putting(uint32_t version, size_t size = 10) {
    return {version,
            {"m1", bytes(72), bytes(size + security::seal_overhead)},
            "mark",
            "ann"};
  }
};

} // namespace

TEST_CASE("a secret has versions that follow each other") {
  secret_under_test it;
  CHECK(code_of(it.give(it.putting(2))) == ec::changed);
  REQUIRE(!it.give(it.putting(1)));
  CHECK(code_of(it.give(it.putting(1))) == ec::changed);
  it.ctx.now += std::chrono::seconds{5};
  auto second = it.putting(2);
  second.by = "bob";
  REQUIRE(!it.give(second));
  auto row = summary_of(it.state, "key");
  CHECK(row.version == 2);
  CHECK(row.created_by == "ann");
  CHECK(row.updated_by == "bob");
  CHECK(row.updated_at - row.created_at == std::chrono::seconds{5});
}

TEST_CASE("a secret has a name and a size") {
  secret_under_test it;
  CHECK(code_of(it.give(it.putting(1, 0))) == ec::invalid_argument);
  CHECK(code_of(it.give(it.putting(1, max_value + 1))) == ec::limit_exceeded);
  CHECK(!it.give(it.putting(1, max_value)));
  for (auto* good : {"a", "OPENAI_API_KEY", "a.b-c_9"})
    CHECK(is_secret_name(good));
  for (auto* bad :
       {"", ".", "..", ".a", "a/b", "a b", "a\n", "a:b", "\xc3\xa4"})
    CHECK(!is_secret_name(bad));
  CHECK(!is_secret_name(std::string(129, 'a')));
  it.ctx.key.id = "a:b";
  CHECK(code_of(it.give(it.putting(2))) == ec::invalid_argument);
}

TEST_CASE("another master key counts for the version that it was made for") {
  secret_under_test it;
  CHECK(!it.give(reseal_secret{1, "m2", bytes(72, 1)}));
  CHECK(it.state == secret_state{});
  REQUIRE(!it.give(it.putting(1)));
  auto before = it.state;
  REQUIRE(!it.give(reseal_secret{2, "m2", bytes(72, 1)}));
  REQUIRE(!it.give(reseal_secret{1, "m1", bytes(72, 1)}));
  CHECK(it.state == before);
  REQUIRE(!it.give(reseal_secret{1, "m2", bytes(72, 1)}));
  CHECK(it.state.what.master == "m2");
  CHECK(it.state.what.data_key == bytes(72, 1));
  CHECK(it.state.what.content == before.what.content);
  CHECK(it.state.version == 1);
  CHECK(vault_secret::summarise(it.state, it.ctx.key).fields.at(master_field)
        == "m2");
}

TEST_CASE("what is kept of a secret survives every format") {
  test::check_alternatives(std::type_identity<secret_event>{});
  test::check_alternatives(std::type_identity<secret_command>{});
  test::check_formats<secret_event>(4);
  test::check_formats<secret_command>(4);
  test::check_formats<secret_state>(4);
  test::check_formats<secret_summary>(4);
}
