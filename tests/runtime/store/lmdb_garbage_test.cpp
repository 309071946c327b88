#include "runtime/store/codec.hpp"
#include "runtime/store/keys.hpp"
#include "runtime/store/names.hpp"
#include "runtime/store/tables.hpp"
#include "runtime/store/write_batch.hpp"

#include "tests/runtime/store/conformance/erasing.hpp"
#include "tests/runtime/store/fixture.hpp"
#include "tests/runtime/store/meddle.hpp"

#include <future>
#include <thread>

using namespace machine;
using namespace machine::test;
using namespace machine::store::lmdb;

namespace {

struct garbage_fixture : lmdb_fixture {
  std::string hash = store::hash_blob(as_bytes("nobody's"));
  std::string key = parse_hex(hash, 32);

  /// A store with a blob that is marked.
  garbage_fixture() {
    auto engine = open();
    REQUIRE(engine->put_blob(as_bytes("nobody's")));
    REQUIRE(engine->collect_garbage(duration{0}));
  }
};

std::vector<short_name> names_in(std::string_view text) {
  std::vector<short_name> result;
  find_names(text, [&](short_name x) { result.push_back(x); });
  return result;
}

const std::string digits(64, 'e');

} // namespace

TEST_CASE_METHOD(garbage_fixture, "a blob is deleted once its mark is old "
                                  "enough, not before") {
  constexpr duration hour{3'600'000};
  auto age = [&](duration x) {
    meddle(dir.path(), [&](auto& tx, auto& in) {
      auto at = std::chrono::time_point_cast<timestamp::duration>(
        std::chrono::system_clock::now() - x);
      return put_sealed(tx, in.garbage, key, number_key(to_number(at)));
    });
  };
  age(hour - duration{60'000});
  CHECK(open()->collect_garbage(hour)->deleted == 0);
  // A clock that was set back makes it wait.
  age(-hour);
  CHECK(open()->collect_garbage(duration{0})->deleted == 0);
  age(hour + duration{1});
  CHECK(open()->collect_garbage(hour)->deleted == 1);
  CHECK(code(open()->get_blob(hash)) == ec::not_found);
}

TEST_CASE_METHOD(garbage_fixture, "what is named while a collection reads is "
                                  "not deleted by it") {
  auto engine = open();
  // So that it reads for a while.
  for (uint64_t last = 0; last < 60; ++last)
    REQUIRE(
      append(*engine, batch_of(stream_b, last, {std::string(1u << 20, 'x')})));
  auto before = engine->stats()->commits;
  auto collection = std::async(
    std::launch::async, [&] { return engine->collect_garbage(duration{0}); });
  // By then it has looked for what erasing has left, and begun to remember.
  while (engine->stats()->commits < before + 2)
    std::this_thread::yield();
  REQUIRE(append(*engine, batch_of(stream_a, 0, {hash})));
  REQUIRE(collection.get());
  CHECK(engine->get_blob(hash));
  CHECK(engine->collect_garbage(duration{0})->unreferenced == 0);
}

TEST_CASE_METHOD(garbage_fixture, "a mark that is damaged is made anew") {
  meddle(dir.path(), [&](auto& tx, auto& in) {
    return tx.put(in.garbage, key, {"nonsense that is long enough"});
  });
  auto report = open()->verify();
  REQUIRE(report->corruptions.size() == 1);
  CHECK(report->corruptions.front().key == "garbage " + hash);
  auto engine = open();
  CHECK(engine->collect_garbage(duration{0})->deleted == 0);
  CHECK(engine->verify()->corruptions.empty());
  CHECK(engine->collect_garbage(duration{0})->deleted == 1);
}

TEST_CASE_METHOD(garbage_fixture, "a mark of a blob that is not there goes") {
  meddle(dir.path(),
         [&](auto& tx, auto& in) { return tx.remove(in.blobs, key); });
  auto engine = open();
  REQUIRE(engine->verify()->corruptions.size() == 1);
  CHECK(engine->collect_garbage(duration{0})->deleted == 0);
  CHECK(engine->verify()->corruptions.empty());
}

TEST_CASE_METHOD(garbage_fixture,
                 "where something is damaged nothing is deleted") {
  {
    auto engine = open();
    auto part = events(stream_a, 0, {"1"});
    part.summary = store::summary_row{{}, to_bytes("row")};
    part.snapshot = store::snapshot{1, "v1", to_bytes("state")};
    REQUIRE(append(*engine, batch_of(part)));
  }
  auto table = GENERATE(&tables::events, &tables::rows, &tables::snapshots);
  auto number = table == &tables::events
                ? std::string{std::string_view{pair_key(1, 1)}}
                : std::string{std::string_view{number_key(1)}};
  meddle(dir.path(), [&](auto& tx, auto& in) {
    auto got = tx.get(in.*table, number);
    if (got.code != MDB_SUCCESS)
      return got.code;
    std::string value{got.value};
    value.back() ^= 0x01;
    return tx.put(in.*table, number, {value});
  });
  auto engine = open();
  auto report = engine->collect_garbage(duration{0});
  CHECK(code(report) == ec::corrupt);
  CHECK(message_of(report.error()).find("store verify") != std::string::npos);
  CHECK(engine->get_blob(hash));
}

TEST_CASE_METHOD(garbage_fixture, "a store of before has no marks and opens "
                                  "as it is") {
  meddle(dir.path(), [](auto& tx, auto& in) {
    auto code = mdb_drop(tx.handle(), in.garbage, 1);
    return code ? code : mdb_drop(tx.handle(), in.erased, 1);
  });
  auto engine = open();
  CHECK(engine->get_blob(hash));
  CHECK(engine->collect_garbage(duration{0})->deleted == 0);
  CHECK(engine->collect_garbage(duration{0})->deleted == 1);
}

TEST_CASE_METHOD(garbage_fixture,
                 "a blob that was there when an append came is "
                 "written if it is gone at its turn") {
  prepared_blob known{key, {}, to_bytes("nobody's")};
  meddle(dir.path(), [&](auto& tx, auto& in) {
    auto code = tx.remove(in.blobs, key);
    return code ? code : write_blob(tx, in, known);
  });
  auto content = open()->get_blob(hash);
  REQUIRE(content);
  CHECK(as_text(*content) == "nobody's");
  CHECK(open()->verify()->corruptions.empty());
}

TEST_CASE_METHOD(lmdb_fixture, "what erasing has left is nobody's, and goes in "
                               "pieces") {
  {
    auto engine = open();
    REQUIRE(append(*engine, batch_of(stream_a, 0, texts(2'500, "x"))));
    REQUIRE(append(*engine, batch_of(stream_b, 0, {"y"})));
    REQUIRE(append(*engine, erase_of(stream_a, 2'500)));
    CHECK(engine->verify()->corruptions.empty());
    CHECK(engine->verify()->events == 1);
  }
  auto left = [&] {
    size_t entries = 0;
    meddle(dir.path(), [&](auto& tx, auto& in) {
      MDB_stat stat{};
      auto code = mdb_stat(tx.handle(), in.events, &stat);
      entries = stat.ms_entries;
      return code;
    });
    return entries;
  };
  CHECK(left() == 1'501);
  auto commits = [&] {
    auto engine = open();
    auto before = engine->stats()->commits;
    REQUIRE(engine->collect_garbage(duration{0}));
    return engine->stats()->commits - before;
  }();
  CHECK(commits >= 2);
  CHECK(left() == 1);
}

TEST_CASE("a name has 64 lower-case digits, wherever they stand") {
  CHECK(names_in("").empty());
  CHECK(names_in(std::string(63, 'e')).empty());
  CHECK(names_in(std::string(63, 'e') + "E").empty());
  CHECK(names_in(std::string(40, 'e') + "-" + std::string(60, 'e')).empty());
  CHECK(names_in(digits).size() == 1);
  CHECK(names_in("x" + digits + "x").size() == 1);
  CHECK(names_in(std::string(200, '-') + digits + "--" + digits).size() == 2);
  CHECK(names_in("7" + digits + "1").size() == 3);
  CHECK(names_in("0123456789abcdef" + std::string(48, '0'))
        == std::vector<short_name>{0x0123456789abcdef});
  CHECK(names_in("f" + std::string(48, '0') + std::string(16, '1'))
        == std::vector<short_name>{0xf000000000000000, 0});
  // Wherever it begins, it is found.
  for (size_t i = 0; i < 130; ++i)
    CHECK(names_in(std::string(i, '.') + digits + "g").size() == 1);
}

TEST_CASE("who remembers too many names takes everything for one") {
  recent_names names;
  names.begin();
  CHECK(names.on());
  CHECK(!names.has(1));
  // Each digit more is one more name.
  std::string text(recent_names::max_names + 200, '0');
  uint32_t random = 1;
  for (auto& c : text) {
    random = random * 1'664'525 + 1'013'904'223;
    c = "0123456789abcdef"[random >> 28];
  }
  names.note(text);
  CHECK(names.has(1));
  names.end();
  CHECK(!names.on());
  CHECK(!names.has(1));
}
