#pragma once

#include "tests/runtime/store/conformance/support.hpp"

#include <atomic>

namespace machine::test {

inline void check_bounds(const store_under_test& it) {
  auto engine = it.open();
  auto refused = [&](store::batch what) {
    return code(append(*engine, std::move(what)));
  };
  SECTION("names of streams are of few characters, and not many of them") {
    using namespace std::string_literals;
    for (auto& bad : {""s, "../x"s, "a b"s, "a\0b"s, "\xC3\xA4"s,
                      std::string(129, 'x'), "a/b"s}) {
      CHECK(refused(batch_of({bad, "t", "a"}, 0, {"x"}))
            == ec::invalid_argument);
      CHECK(refused(batch_of({"run", bad, "a"}, 0, {"x"}))
            == ec::invalid_argument);
      CHECK(refused(batch_of({"run", "t", bad}, 0, {"x"}))
            == ec::invalid_argument);
      CHECK(code(engine->read({"run", "t", bad}, 1, 1, 1))
            == ec::invalid_argument);
      CHECK(code(engine->last_seq({"run", bad, "a"})) == ec::invalid_argument);
      CHECK(code(engine->read_summary({bad, "t", "a"}))
            == ec::invalid_argument);
      CHECK(code(engine->read_snapshot({bad, "t", "a"}))
            == ec::invalid_argument);
      CHECK(code(engine->list({"run", bad})) == ec::invalid_argument);
    }
    const std::string longest(128, 'x');
    CHECK(refused(batch_of({longest, longest, longest}, 0, {"x"})) == ec::none);
    CHECK(refused(batch_of({"aZ", "09", "._:@-"}, 0, {"x"})) == ec::none);
  }
  SECTION("a name that contains a separator does not reach another's stream") {
    using namespace std::string_literals;
    REQUIRE(append(*engine, batch_of({"run", "secret", "a"}, 0, {"x"})));
    CHECK(!engine->read({"run\0secret"s, "a"s, ""s}, 1, 1, 1));
    CHECK(!engine->read({"run"s, "secret\0a"s, ""s}, 1, 1, 1));
    CHECK(!engine->last_seq({"run"s, ""s, "secret\0a"s}));
  }
  SECTION("events, blobs and batches have a size") {
    CHECK(refused(batch_of(stream_a, 0, {std::string((1u << 20) + 1, 'x')}))
          == ec::limit_exceeded);
    CHECK(refused(batch_of(stream_a, 0, texts(10'001, std::string("x"))))
          == ec::limit_exceeded);
    bytes large((size_t{64} << 20) + 1);
    CHECK(code(engine->put_blob(large)) == ec::limit_exceeded);
    auto with_blob = batch_of(stream_a, 0, {"x"});
    with_blob.blobs.push_back(std::move(large));
    CHECK(refused(with_blob) == ec::limit_exceeded);
    CHECK(*engine->last_seq(stream_a) == 0);
  }
  SECTION("rows have few and short fields") {
    auto with_row = [](store::summary_row row) {
      auto part = events(stream_a, 0, {"x"});
      part.summary = std::move(row);
      return batch_of(std::move(part));
    };
    CHECK(refused(with_row({{{std::string(65, 'n'), "v"}}, {}}))
          == ec::limit_exceeded);
    CHECK(refused(with_row({{{"n", std::string(257, 'v')}}, {}}))
          == ec::limit_exceeded);
    CHECK(refused(with_row({{{"", "v"}}, {}})) == ec::invalid_argument);
    store::summary_row many;
    for (int i = 0; i < 33; ++i)
      many.fields[std::to_string(i)] = "v";
    CHECK(refused(with_row(many)) == ec::limit_exceeded);
    many.fields.erase("0");
    many.fields["1"] = std::string(256, 'v');
    many.fields[std::string(64, 'n')] = many.fields["1"];
    many.fields.erase("2");
    CHECK(refused(with_row(many)) == ec::none);
  }
  SECTION("what makes no sense is refused") {
    CHECK(refused(batch_of(stream_a, 0, {})) == ec::invalid_argument);
    auto twice = batch_of(stream_a, 0, {"x"});
    twice.streams.push_back(events(stream_a, 1, {"y"}));
    CHECK(refused(twice) == ec::invalid_argument);
    auto nowhere = batch_of(stream_a, 0, {"x"});
    nowhere.shard = engine->shard_count();
    CHECK(refused(nowhere) == ec::invalid_argument);
    auto ahead = events(stream_a, 0, {"x"});
    ahead.snapshot = store::snapshot{2, "v1", {}};
    CHECK(refused(batch_of(ahead)) == ec::invalid_argument);
    ahead.expected_seq = UINT64_MAX;
    CHECK(refused(batch_of(ahead)) == ec::conflict);
    CHECK(*engine->last_seq(stream_a) == 0);
  }
}

inline void check_close(const store_under_test& it) {
  auto engine = it.open();
  SECTION("what was accepted before the end is finished") {
    std::atomic<size_t> answered{0};
    std::atomic<size_t> failed{0};
    for (int i = 0; i < 300; ++i)
      engine->append(batch_of({"run", "t", "s" + std::to_string(i)}, 0, {"x"}),
                     [&](caf::expected<void> x) {
                       ++answered;
                       failed += x ? 0 : 1;
                     });
    engine->close();
    CHECK(answered == 300);
    CHECK(failed == 0);
    engine = nullptr;
    engine = it.open();
    for (int i = 0; i < 300; ++i)
      REQUIRE(*engine->last_seq({"run", "t", "s" + std::to_string(i)}) == 1);
  }
  SECTION("after the end everything is refused, and nothing waits") {
    REQUIRE(append(*engine, batch_of(stream_a, 0, {"1"})));
    auto lease = engine->claim_shard(1, "one", duration{60'000});
    REQUIRE(lease);
    engine->close();
    engine->close();
    const auto gone = ec::unavailable;
    CHECK(code(append(*engine, batch_of(stream_a, 1, {"2"}))) == gone);
    CHECK(code(engine->read(stream_a, 1, 1, 1)) == gone);
    CHECK(code(engine->last_seq(stream_a)) == gone);
    CHECK(code(engine->read_snapshot(stream_a)) == gone);
    CHECK(code(engine->read_summary(stream_a)) == gone);
    CHECK(code(engine->list({"run", "t"})) == gone);
    CHECK(code(engine->put_blob(as_bytes("x"))) == gone);
    CHECK(code(engine->get_blob(store::hash_blob({}))) == gone);
    CHECK(code(engine->claim_shard(0, "one", duration{1})) == gone);
    CHECK(code(engine->renew_shard(*lease, duration{1})) == gone);
    CHECK(code(engine->release_shard(*lease)) == gone);
    CHECK(code(engine->put_node({"n"})) == gone);
    CHECK(code(engine->remove_node("n")) == gone);
    CHECK(code(engine->nodes()) == gone);
    CHECK(code(engine->verify()) == gone);
    CHECK(code(engine->stats()) == gone);
    CHECK(engine->shard_count() > 0);
    // Somebody else may have the store, though the engine is still there.
    auto other = it.open();
    CHECK(payloads(*other, stream_a) == texts{"1"});
  }
}

} // namespace machine::test
