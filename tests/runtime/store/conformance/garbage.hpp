#pragma once

#include "tests/runtime/store/conformance/erasing.hpp"

#include <atomic>
#include <thread>

namespace machine::test {

inline void check_garbage(const store_under_test& it) {
  auto engine = it.open();
  auto put = [&](const std::string& content) {
    auto hash = engine->put_blob(as_bytes(content));
    if (!hash)
      FAIL(render(hash.error()));
    return *hash;
  };
  auto is_there = [&](const store::blob_hash& hash) {
    auto content = engine->get_blob(hash);
    CHECK((content || code(content) == ec::not_found));
    return static_cast<bool>(content);
  };
  auto collect = [&](duration grace = duration{0}) {
    auto report = engine->collect_garbage(grace);
    if (!report)
      FAIL(render(report.error()));
    return *report;
  };
  SECTION("what nobody names is deleted by the second collection that finds "
          "it") {
    auto nobodys = put("nobody's");
    auto first = collect();
    CHECK(first == store::garbage_report{0, 1, 1, 0, 0});
    CHECK(is_there(nobodys));
    engine = nullptr;
    engine = it.open();
    auto second = collect();
    CHECK(second.unreferenced == 1);
    CHECK(second.deleted == 1);
    CHECK(second.bytes_freed > 0);
    CHECK(!is_there(nobodys));
    CHECK(collect() == store::garbage_report{});
    CHECK(engine->verify()->corruptions.empty());
  }
  SECTION("nothing is deleted before its time") {
    auto nobodys = put("nobody's");
    for (int i = 0; i < 3; ++i)
      CHECK(collect(duration{3'600'000}).deleted == 0);
    CHECK(is_there(nobodys));
  }
  SECTION("what an event, a row or a snapshot names stays") {
    auto in_event = put("in an event");
    auto in_fields = put("in a field");
    auto in_row = put("in a row");
    auto in_snapshot = put("in a snapshot");
    auto part = events(stream_a, 0, {"before " + in_event + "after", "2"});
    part.summary = store::summary_row{{{"name", in_fields}}, to_bytes(in_row)};
    // So that it is stored compressed.
    part.snapshot = store::snapshot{
      1, "v1", to_bytes(std::string(10'000, 'x') + in_snapshot)};
    REQUIRE(append(*engine, batch_of(part)));
    auto nobodys = put("nobody's");
    collect();
    auto report = collect();
    CHECK(report.streams == 1);
    CHECK(report.blobs == 5);
    CHECK(report.deleted == 1);
    CHECK(is_there(in_event));
    CHECK(is_there(in_fields));
    CHECK(is_there(in_row));
    CHECK(is_there(in_snapshot));
    CHECK(!is_there(nobodys));
    // And no longer than that.
    REQUIRE(append(*engine, erase_of(stream_a, 2)));
    collect();
    CHECK(collect().deleted == 4);
    CHECK(engine->verify()->blobs == 0);
  }
  SECTION("a name is found in the midst of other digits, and only there") {
    auto near = put("near");
    auto far = put("far");
    auto broken = put("broken");
    auto upper = put("upper");
    auto split = broken.substr(0, 40) + " " + broken.substr(40);
    std::string loud;
    for (auto c : upper)
      loud += static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
    REQUIRE(append(*engine, batch_of(stream_a, 0,
                                     {"0123" + near + far + "ab",
                                      split + loud + far.substr(1)})));
    collect();
    collect();
    CHECK(is_there(near));
    CHECK(is_there(far));
    CHECK(!is_there(broken));
    CHECK(!is_there(upper));
  }
  SECTION("what two streams name stays until both are gone") {
    auto shared = store::hash_blob(as_bytes("shared"));
    for (auto& id : {stream_a, stream_b}) {
      auto what = batch_of(id, 0, {shared});
      what.blobs = {to_bytes("shared")};
      REQUIRE(append(*engine, what));
    }
    REQUIRE(append(*engine, erase_of(stream_a, 1)));
    collect();
    collect();
    CHECK(is_there(shared));
    REQUIRE(append(*engine, erase_of(stream_b, 1)));
    collect();
    collect();
    CHECK(!is_there(shared));
  }
  SECTION("what is stored again is as good as new") {
    auto put_again = put("put again");
    auto appended = put("appended");
    auto neither = put("neither");
    collect();
    put("put again");
    auto what = batch_of(stream_a, 0, {"names nothing"});
    what.blobs = {to_bytes("appended")};
    REQUIRE(append(*engine, what));
    CHECK(collect().deleted == 1);
    CHECK(is_there(put_again));
    CHECK(is_there(appended));
    CHECK(!is_there(neither));
    CHECK(collect().deleted == 2);
  }
  SECTION("what is named after all loses its mark") {
    auto late = put("late");
    collect();
    REQUIRE(append(*engine, batch_of(stream_a, 0, {late})));
    CHECK(collect().unreferenced == 0);
    REQUIRE(append(*engine, erase_of(stream_a, 1)));
    CHECK(collect().deleted == 0);
    CHECK(collect().deleted == 1);
  }
  SECTION("a collection that is asked to stop deletes nothing") {
    auto nobodys = put("nobody's");
    collect();
    std::stop_source stop;
    stop.request_stop();
    CHECK(code(engine->collect_garbage(duration{0}, stop.get_token()))
          == ec::cancelled);
    CHECK(is_there(nobodys));
    CHECK(collect().deleted == 1);
  }
  SECTION("many at once are deleted, and all of them") {
    for (int i = 0; i < 1'000; ++i)
      put(std::to_string(i));
    CHECK(collect().unreferenced == 1'000);
    CHECK(collect().deleted == 1'000);
    CHECK(engine->verify()->blobs == 0);
  }
  SECTION("whatever is appended while collections run has its blobs") {
    // Each round brings the same content again, which an earlier collection
    // may be about to delete.
    std::atomic<bool> done{false};
    std::atomic<int> collections{0};
    std::thread collector{[&] {
      while (!done) {
        static_cast<void>(engine->collect_garbage(duration{0}));
        ++collections;
      }
    }};
    texts lost;
    for (int i = 0; i < 300 || collections < 20; ++i) {
      store::stream_id id{"run", "t", std::to_string(i)};
      auto content = "content " + std::to_string(i % 3);
      auto what = batch_of(id, 0, {store::hash_blob(as_bytes(content))});
      what.blobs = {to_bytes(content)};
      if (!append(*engine, what)
          || !engine->get_blob(store::hash_blob(as_bytes(content)))) {
        lost.push_back(id.id);
        break;
      }
      static_cast<void>(append(*engine, erase_of(id, 1)));
    }
    done = true;
    collector.join();
    CHECK(lost.empty());
    CHECK(engine->verify()->corruptions.empty());
  }
}

} // namespace machine::test
