#include "actors/node/open_runs.hpp"
#include "actors/tenants/check.hpp"
#include "actors/tenants/list.hpp"
#include "actors/tenants/tenant.hpp"
#include "runtime/store/lmdb.hpp"
#include "tests/runtime/store/conformance/support.hpp"
#include "tests/support/directory.hpp"

using namespace machine;

namespace {

/// A stream with a row whose `open` is *open*.
void put(store::engine& engine, const store::stream_id& stream,
         const std::string& open) {
  auto part = test::events(stream, 0, {"1"});
  part.summary = store::summary_row{{{"open", open}}, {}};
  REQUIRE(test::append(engine, test::batch_of(part)));
}

} // namespace

TEST_CASE("what is open in any tenant goes on after a start") {
  test::temporary_directory dir;
  auto opened = store::open_lmdb(dir / "store");
  REQUIRE(opened);
  auto engine = *opened;
  for (auto* name : {"acme", "umbrella"})
    put(*engine, {tenants::tenant::kind, tenants::system_tenant, name}, "");
  put(*engine, {"run", local_tenant, "mine"}, "true");
  put(*engine, {"run", "acme", "theirs"}, "true");
  put(*engine, {"run", "umbrella", "others"}, "true");
  put(*engine, {"run", "acme", "over"}, "false");
  CHECK(*tenants::list_tenants(*engine)
        == std::vector<std::string>{local_tenant, "umbrella", "acme"});
  entity::shard_table shards{engine, "me", duration{1'000}};
  std::set<std::string> found;
  REQUIRE(!for_each_open(*engine, shards, "run", [&](const entity::key& x) {
    found.insert(x.tenant + "/" + x.id);
  }));
  CHECK(found
        == std::set<std::string>{std::string{local_tenant} + "/mine",
                                 "acme/theirs", "umbrella/others"});
}
