#include "tests/runtime/store/fixture.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <map>

using namespace machine;
using namespace machine::test;

namespace {

struct damage_fixture : lmdb_fixture {
  /// Damages every copy of *needle* in the store's file.
  void damage(const std::string& needle) {
    auto content = read_file(data_path());
    size_t hits = 0;
    for (auto at = content.find(needle); at != std::string::npos;
         at = content.find(needle, at + 1), ++hits)
      content[at + needle.size() / 2] ^= 0x20;
    REQUIRE(hits > 0);
    write_file(data_path(), content);
  }

  /// The keys of what verify finds.
  texts found(store::engine& engine) {
    auto report = engine.verify();
    if (!report)
      FAIL(render(report.error()));
    texts result;
    for (auto& x : report->corruptions)
      result.push_back(x.key);
    return result;
  }
};

/// Damages the number of the last page below the page of branches at *page*, if
/// it is one whose keys begin with *prefix*.
bool lose_last_child(std::string& content, size_t page,
                     std::string_view prefix) {
  auto number = [&](size_t at) {
    uint16_t x = 0;
    std::memcpy(&x, content.data() + at, sizeof x);
    return size_t{x};
  };
  constexpr size_t is_branch = 1;
  constexpr size_t header = 16;
  // An overflow page has whatever content there.
  if (number(page + 10) != is_branch || number(page + 12) < header + 4
      || number(page + 12) > 4096)
    return false;
  auto count = (number(page + 12) - header) / 2;
  auto node = page + number(page + header + 2 * (count - 1));
  if (std::string_view{content}.substr(node + 8, prefix.size()) != prefix)
    return false;
  content.replace(node, 2, "\xF0\xFF");
  return true;
}

} // namespace

TEST_CASE_METHOD(damage_fixture, "a damaged event is named, and the others are "
                                 "read") {
  const std::string needle = "the very event that will be damaged";
  {
    auto engine = open();
    REQUIRE(append(*engine, batch_of(stream_a, 0, {"first", needle, "third"})));
    REQUIRE(append(*engine, batch_of(stream_b, 0, {"other"})));
    CHECK(found(*engine).empty());
  }
  damage(needle);
  auto engine = open();
  CHECK(found(*engine) == texts{"run/t/a event 2"});
  auto read = engine->read(stream_a, 1, 10, 1'000);
  CHECK(code(read) == ec::corrupt);
  CHECK(message_of(read.error()).find("run/t/a event 2") != std::string::npos);
  CHECK(engine->read(stream_a, 1, 1, 1'000)->size() == 1);
  CHECK(payloads(*engine, stream_a, 3) == texts{"third"});
  CHECK(payloads(*engine, stream_b) == texts{"other"});
}

TEST_CASE_METHOD(damage_fixture,
                 "a damaged row is named, and may be replaced") {
  const std::string needle = "the body of the row to be damaged";
  auto put = [](store::engine& engine, uint64_t expected, std::string body) {
    auto part = events(stream_a, expected, {"x"});
    part.summary = store::summary_row{{{"state", "open"}}, to_bytes(body)};
    return append(engine, batch_of(part));
  };
  {
    auto engine = open();
    REQUIRE(put(*engine, 0, needle));
  }
  damage(needle);
  auto engine = open();
  CHECK(found(*engine) == texts{"row of run/t/a"});
  CHECK(code(engine->read_summary(stream_a)) == ec::corrupt);
  // The others are listed, and that one is missing is no secret.
  auto other = events(stream_b, 0, {"x"});
  other.summary = store::summary_row{{{"state", "open"}}, {}};
  REQUIRE(append(*engine, batch_of(other)));
  for (auto& where : {std::map<std::string, std::string>{},
                      std::map<std::string, std::string>{{"state", "open"}}}) {
    auto page = engine->list({"run", "t", where});
    REQUIRE(page);
    REQUIRE(page->rows.size() == 1);
    CHECK(page->rows.front().stream == stream_b);
    CHECK(page->damaged == 1);
  }
  REQUIRE(put(*engine, 1, "new"));
  CHECK(as_text(engine->read_summary(stream_a)->summary.body) == "new");
  CHECK(engine->list({"run", "t", {{"state", "open"}}})->rows.size() == 2);
  CHECK(engine->list({"run", "t", {{"state", "open"}}})->damaged == 0);
  CHECK(found(*engine).empty());
}

TEST_CASE_METHOD(damage_fixture,
                 "a damaged row that is replaced leaves nothing "
                 "in the index") {
  const std::string needle = "the body of the row to be damaged";
  auto row_of = [](const std::string& state, const std::string& body) {
    auto part = events(stream_a, state == "open" ? 0 : 1, {"x"});
    part.summary = store::summary_row{{{"state", state}}, to_bytes(body)};
    return batch_of(part);
  };
  REQUIRE(append(*open(), row_of("open", needle)));
  damage(needle);
  auto engine = open();
  REQUIRE(append(*engine, row_of("closed", "new")));
  CHECK(found(*engine).empty());
  CHECK(engine->list({"run", "t", {{"state", "open"}}})->rows.empty());
  CHECK(engine->list({"run", "t", {{"state", "closed"}}})->rows.size() == 1);
}

TEST_CASE_METHOD(damage_fixture, "a damaged snapshot is none, for the log has "
                                 "all of it") {
  const std::string needle = "the state to be damaged";
  {
    auto engine = open();
    auto part = events(stream_a, 0, {"x"});
    part.snapshot = store::snapshot{1, "v1", to_bytes(needle)};
    REQUIRE(append(*engine, batch_of(part)));
  }
  damage(needle);
  auto engine = open();
  CHECK(found(*engine) == texts{"snapshot of run/t/a"});
  CHECK(!*engine->read_snapshot(stream_a));
  CHECK(payloads(*engine, stream_a) == texts{"x"});
}

TEST_CASE_METHOD(damage_fixture, "a damaged blob is named by its hash") {
  const std::string needle = "the content to be damaged";
  auto hash = store::hash_blob(as_bytes(needle));
  {
    auto engine = open();
    REQUIRE(engine->put_blob(as_bytes(needle)));
  }
  damage(needle);
  auto engine = open();
  CHECK(found(*engine) == texts{"blob " + hash});
  CHECK(code(engine->get_blob(hash)) == ec::corrupt);
}

TEST_CASE_METHOD(damage_fixture,
                 "a blob is compressed, and damage to what that "
                 "left is found") {
  std::string content;
  for (int i = 0; i < 100'000; ++i)
    content += "line " + std::to_string(i % 100) + "\n";
  auto hash = store::hash_blob(as_bytes(content));
  {
    auto engine = open();
    auto before = engine->stats()->used_bytes;
    REQUIRE(engine->put_blob(as_bytes(content)));
    CHECK(engine->stats()->used_bytes - before < content.size() / 10);
    CHECK(as_text(*engine->get_blob(hash)) == content);
  }
  // What begins every frame of zstd (RFC 8878, section 3.1.1).
  auto magic = std::string{"\x28\xB5\x2F\xFD"};
  auto file = read_file(data_path());
  auto at = file.find(magic);
  REQUIRE(at != file.npos);
  // The magic number, the length before it, and the middle of the data.
  for (auto where : {at, at - 1, at - 8, at + 40}) {
    auto broken = file;
    broken[where] ^= 0x20;
    write_file(data_path(), broken);
    auto engine = open();
    CHECK(found(*engine) == texts{"blob " + hash});
    CHECK(code(engine->get_blob(hash)) == ec::corrupt);
  }
}

TEST_CASE_METHOD(damage_fixture, "a damaged blob is mended when it is stored "
                                 "again") {
  const std::string needle = "the content to be damaged";
  auto hash = store::hash_blob(as_bytes(needle));
  REQUIRE(open()->put_blob(as_bytes(needle)));
  damage(needle);
  auto engine = open();
  REQUIRE(code(engine->get_blob(hash)) == ec::corrupt);
  SECTION("by itself") {
    CHECK(*engine->put_blob(as_bytes(needle)) == hash);
  }
  SECTION("with an append") {
    auto what = batch_of(stream_a, 0, {"x"});
    what.blobs.push_back(to_bytes(needle));
    REQUIRE(append(*engine, what));
  }
  CHECK(as_text(*engine->get_blob(hash)) == needle);
  CHECK(found(*engine).empty());
}

TEST_CASE_METHOD(damage_fixture, "a damaged page fails those who need it, and "
                                 "not those beside them") {
  auto stream = [](int i) {
    return store::stream_id{"run", "t", "s" + std::to_string(100 + i)};
  };
  {
    auto engine = open();
    store::batch all;
    for (int i = 0; i < 300; ++i)
      all.streams.push_back(events(stream(i), 0, {"x"}));
    REQUIRE(append(*engine, all));
  }
  // LMDB finds the last page of the table of streams by a number in a page of
  // branches; there is no page of that number now.
  auto content = read_file(data_path());
  size_t hits = 0;
  for (size_t page = 0; page + 4096 <= content.size(); page += 4096)
    hits += lose_last_child(content, page, "run") ? 1 : 0;
  REQUIRE(hits > 0);
  write_file(data_path(), content);
  auto engine = open();
  REQUIRE(code(engine->last_seq(stream(299))) == ec::corrupt);
  std::array<std::promise<ec>, 4> outcomes;
  {
    blocker busy{*engine};
    for (size_t i = 0; i < 4; ++i)
      engine->append(
        batch_of(stream(i == 1 ? 299 : static_cast<int>(i)), 1, {"y"}),
        [&, i](caf::expected<void> x) { outcomes[i].set_value(code(x)); });
    busy.end();
  }
  for (size_t i = 0; i < 4; ++i)
    CHECK(outcomes[i].get_future().get() == (i == 1 ? ec::corrupt : ec::none));
  CHECK(*engine->last_seq(stream(0)) == 2);
  CHECK(*engine->last_seq(stream(3)) == 2);
}

TEST_CASE_METHOD(damage_fixture, "a damaged lease is not mistaken for none") {
  {
    auto engine = open();
    REQUIRE(
      engine->claim_shard(7, "the owner to be damaged", duration{60'000}));
  }
  damage("the owner to be damaged");
  auto engine = open();
  CHECK(found(*engine) == texts{"shard 7"});
  CHECK(code(engine->claim_shard(7, "two", duration{1})) == ec::corrupt);
  auto what = batch_of(stream_a, 0, {"x"});
  what.shard = 7;
  CHECK(code(append(*engine, what)) == ec::corrupt);
  CHECK(append(*engine, batch_of(stream_a, 0, {"x"})));
}

TEST_CASE_METHOD(damage_fixture, "a file that was cut off gives errors and "
                                 "does not kill the process") {
  {
    auto engine = open();
    for (uint64_t i = 0; i < 50; ++i)
      REQUIRE(
        append(*engine, batch_of(stream_a, i, {std::string(20'000, 'x')})));
  }
  auto whole = std::filesystem::file_size(data_path());
  std::filesystem::resize_file(data_path(), whole / 2);
  auto engine = store::open_lmdb(dir.path());
  if (!engine) {
    CHECK(code(engine) == ec::corrupt);
    return;
  }
  auto report = (*engine)->verify();
  REQUIRE(report);
  CHECK(!report->corruptions.empty());
  auto read = (*engine)->read(stream_a, 1, 1'000, 1u << 30);
  CHECK(code(read) == ec::corrupt);
}

TEST_CASE_METHOD(damage_fixture, "a file that is no store is refused") {
  write_file(data_path(), std::string(100'000, 'x'));
  auto engine = store::open_lmdb(dir.path());
  CHECK(code(engine) == ec::corrupt);
}
