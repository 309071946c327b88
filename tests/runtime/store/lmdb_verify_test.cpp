#include "runtime/store/checksum.hpp"
#include "runtime/store/codec.hpp"
#include "runtime/store/tables.hpp"

#include "tests/runtime/store/fixture.hpp"
#include "tests/runtime/store/meddle.hpp"

#include <algorithm>

using namespace machine;
using namespace machine::test;
using namespace machine::store::lmdb;

namespace {

struct verify_fixture : lmdb_fixture {
  /// The store has a stream with three events, a row and a snapshot, and
  /// another one. They have the numbers 1 and 2.
  verify_fixture() {
    auto engine = open();
    auto part = events(stream_a, 0, {"1", "2", "3"});
    part.summary = store::summary_row{{{"state", "open"}}, to_bytes("body")};
    part.snapshot = store::snapshot{2, "v1", to_bytes("state")};
    REQUIRE(append(*engine, batch_of(part)));
    REQUIRE(append(*engine, batch_of(stream_b, 0, {"x"})));
    REQUIRE(engine->verify()->corruptions.empty());
  }

  /// What verify finds after *what*: `key: what`.
  texts find_after(const change& what) {
    meddle(dir.path(), what);
    auto report = open()->verify();
    if (!report)
      FAIL(render(report.error()));
    texts result;
    for (auto& x : report->corruptions)
      result.push_back(x.key + ": " + x.what);
    return result;
  }

  /// Whether verify finds just one thing after *what*, *finding*.
  void check_finds(const std::string& finding, const change& what) {
    CHECK(find_after(what) == texts{finding});
  }
};

const auto open_entry = entry_key(field_prefix("run", "t", "state", "open"), 1);

} // namespace

TEST_CASE_METHOD(verify_fixture,
                 "verify names whatever has another content than "
                 "was written, and nothing else") {
  auto blob = store::hash_blob(as_bytes("a blob"));
  {
    auto engine = open();
    REQUIRE(engine->put_blob(as_bytes("a blob")));
    REQUIRE(engine->put_node({"n1", "127.0.0.1:1", {}, {}}));
    REQUIRE(engine->claim_shard(3, "one", duration{60'000}));
  }
  struct damage {
    MDB_dbi tables::*table;
    std::string key;
    texts found;
  };
  const std::string key_a = stream_key(stream_a);
  auto to_key = [](auto x) { return std::string{std::string_view{x}}; };
  auto one = GENERATE_COPY(values<damage>({
    {&tables::streams,
     key_a,
     {"run/t/a", "events of stream number 1", "events of stream number 1",
      "events of stream number 1", "row of stream number 1",
      "order of stream number 1", "fields of stream number 1",
      "snapshot of stream number 1"}},
    {&tables::events, to_key(pair_key(1, 3)), {"run/t/a event 3"}},
    {&tables::rows, to_key(number_key(1)), {"row of run/t/a"}},
    {&tables::snapshots, to_key(number_key(1)), {"snapshot of run/t/a"}},
    {&tables::blobs, parse_hex(blob, 32), {"blob " + blob}},
    {&tables::nodes, "n1", {"node n1"}},
    {&tables::shards, to_key(number_key(3)), {"shard 3"}},
    {&tables::meta, "last_stream", {"meta last_stream"}},
  }));
  // Of each value the first byte, one in the middle and the last one.
  auto part = GENERATE(0, 1, 2);
  meddle(dir.path(), [&](auto& tx, auto& in) {
    auto got = tx.get(in.*one.table, one.key);
    if (got.code != MDB_SUCCESS)
      return got.code;
    std::string value{got.value};
    value[part * (value.size() - 1) / 2] ^= 0x01;
    return tx.put(in.*one.table, one.key, {value});
  });
  auto report = open()->verify();
  REQUIRE(report);
  texts keys;
  for (auto& x : report->corruptions)
    keys.push_back(x.key);
  CHECK(keys == one.found);
}

TEST_CASE_METHOD(verify_fixture, "verify finds an event that is missing") {
  check_finds("run/t/a: 1 of its events are missing", [](auto& tx, auto& in) {
    return tx.remove(in.events, pair_key(1, 2));
  });
}

TEST_CASE_METHOD(verify_fixture, "verify finds an event behind the end") {
  check_finds("run/t/a event 4: stands behind the end of its log",
              [](auto& tx, auto& in) {
                return put_event(tx, in.events, pair_key(1, 4), {}, "4",
                                 digest("4"), 0);
              });
}

TEST_CASE_METHOD(verify_fixture, "verify finds an event of no stream") {
  check_finds("events of stream number 9: there is no such stream",
              [](auto& tx, auto& in) {
                return put_event(tx, in.events, pair_key(9, 1), {}, "1",
                                 digest("1"), 0);
              });
}

TEST_CASE_METHOD(verify_fixture, "verify finds a row that no list has") {
  check_finds("row of run/t/a: is not in the list", [](auto& tx, auto& in) {
    return tx.remove(in.order, entry_key(order_prefix("run", "t"), 1));
  });
}

TEST_CASE_METHOD(verify_fixture, "verify finds a row that its field does not "
                                 "find") {
  check_finds(
    "row of run/t/a: is not found by its field state",
    [](auto& tx, auto& in) { return tx.remove(in.fields, open_entry); });
}

TEST_CASE_METHOD(verify_fixture, "verify finds entries without a row") {
  auto found = find_after(
    [](auto& tx, auto& in) { return tx.remove(in.rows, number_key(1)); });
  CHECK(found
        == texts{"order of run/t/a: there is no row",
                 "fields of run/t/a: there is no row"});
}

TEST_CASE_METHOD(verify_fixture, "verify finds entries of no stream and of "
                                 "another tenant") {
  auto found = find_after([](auto& tx, auto& in) {
    auto code = tx.put(in.order, entry_key(order_prefix("run", "t"), 9), {});
    return code ? code
                : tx.put(in.order, entry_key(order_prefix("run", "u"), 1), {});
  });
  CHECK(found
        == texts{"order of stream number 9: there is no such stream",
                 "order of run/t/a: stands under another kind or tenant"});
}

TEST_CASE_METHOD(verify_fixture,
                 "verify finds an entry for what a row does not "
                 "say") {
  check_finds("fields of run/t/a: 1 entries stand for what is not in its row",
              [](auto& tx, auto& in) {
                auto prefix = field_prefix("run", "t", "state", "closed");
                return tx.put(in.fields, entry_key(prefix, 1), {});
              });
}

TEST_CASE_METHOD(verify_fixture, "verify finds a snapshot ahead of its log") {
  check_finds("snapshot of run/t/a: is ahead of its log",
              [](auto& tx, auto& in) {
                return put_sealed(tx, in.snapshots, number_key(1),
                                  encode(store::snapshot{4, "v1", {}}));
              });
}

TEST_CASE_METHOD(verify_fixture, "verify finds two streams of one number, and "
                                 "events that are nobody's") {
  auto found = find_after([](auto& tx, auto& in) {
    return put_sealed(tx, in.streams, stream_key(stream_b),
                      encode(head{1, 1, {}, {}}));
  });
  CHECK(found
        == texts{"run/t/b: has the number of run/t/a",
                 "events of stream number 2: there is no such stream"});
}

TEST_CASE_METHOD(verify_fixture, "verify finds a number of streams that is "
                                 "missing or too small") {
  check_finds("meta last_stream: is 1, and there is stream number 2: new "
              "streams would get the numbers of old ones",
              [](auto& tx, auto& in) {
                return put_sealed(tx, in.meta, tables::last_stream_key,
                                  number_key(1));
              });
  check_finds("meta last_stream: is missing", [](auto& tx, auto& in) {
    return tx.remove(in.meta, tables::last_stream_key);
  });
}

TEST_CASE_METHOD(verify_fixture, "verify says how much it does not list") {
  auto found = find_after([](auto& tx, auto& in) {
    for (uint64_t i = 0; i < 1'500; ++i)
      if (auto code = tx.put(in.blobs, pair_key(i, i), {"p"}))
        return code;
    return 0;
  });
  REQUIRE(found.size() == 1'001);
  CHECK(found.back()
        == "verify: 500 more things are wrong; these are the first 1000");
}

TEST_CASE_METHOD(verify_fixture,
                 "a store that lost its number of shards is not "
                 "given another one") {
  meddle(dir.path(), [](auto& tx, auto& in) {
    return tx.remove(in.meta, tables::shards_key);
  });
  CHECK(code(store::open_lmdb(dir.path())) == ec::corrupt);
}

TEST_CASE_METHOD(verify_fixture, "a store of another layout is refused as it "
                                 "is") {
  meddle(dir.path(), [](auto& tx, auto& in) {
    auto code = mdb_drop(tx.handle(), in.nodes, 1);
    return code ? code
                : put_sealed(tx, in.meta, tables::format_key, number_key(2));
  });
  auto before = read_file(data_path());
  auto engine = store::open_lmdb(dir.path());
  CHECK(code(engine) == ec::invalid_argument);
  CHECK(message_of(engine.error()).find("has layout 2") != std::string::npos);
  CHECK(read_file(data_path()) == before);
}

TEST_CASE("what another program keeps in LMDB is refused as it is") {
  temporary_directory dir;
  auto in_table = GENERATE(true, false);
  {
    MDB_env* env = nullptr;
    REQUIRE(mdb_env_create(&env) == 0);
    REQUIRE(mdb_env_set_maxdbs(env, 16) == 0);
    REQUIRE(mdb_env_open(env, dir.path().c_str(), MDB_NOTLS, 0600) == 0);
    {
      transaction tx{env, transaction::mode::write};
      MDB_dbi table = 0;
      REQUIRE(mdb_dbi_open(tx.handle(), in_table ? "nodes" : nullptr,
                           MDB_CREATE, &table)
              == 0);
      REQUIRE(tx.put(table, "precious", {"content"}) == 0);
      REQUIRE(tx.commit() == 0);
    }
    mdb_env_close(env);
  }
  auto before = read_file(dir / "data.mdb");
  CHECK(code(store::open_lmdb(dir.path())) == ec::invalid_argument);
  CHECK(read_file(dir / "data.mdb") == before);
}

TEST_CASE("a store whose creation was interrupted is created") {
  temporary_directory dir;
  meddle(dir.path(), [](auto&, auto&) { return 0; });
  CHECK(append(*open_store(dir.path()), batch_of(stream_a, 0, {"x"})));
}
