#include "actors/audit/audit_trail.hpp"
#include "runtime/entity/draft.hpp"
#include "runtime/store/lmdb.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/support/directory.hpp"

#include <algorithm>
#include <fstream>
#include <future>

using namespace machine;
using namespace machine::audit;

namespace {

const store::stream_id stream{audit_log::kind, "acme", audit_id};

/// A stored audit log, and whoever can write to the store.
class stored_log {
public:
  explicit stored_log(size_t records) {
    open();
    entity::context ctx{{"acme", audit_id}, timestamp{}, 0};
    for (size_t i = 0; i < records; ++i) {
      security::audit_record x;
      x.at = timestamp{std::chrono::hours{i}};
      x.tenant = "acme";
      x.who = i % 2 == 0 ? "ann" : "bob";
      x.action = "POST /api/v1/keys";
      x.target = "canary" + std::to_string(i + 1);
      entity::draft<audit_log> to{state, ctx};
      REQUIRE(!audit_log::decide(to, record_audit{x}));
      for (auto& event : to.take_events())
        events.push_back(wire::to_msgpack(
          entity::recorded<audit_event>{ctx.now, std::move(event)}));
    }
    write(events, audit_log::summarise(state, ctx.key));
  }

  void open() {
    auto made = store::open_lmdb(dir / "store");
    if (!made)
      FAIL(render(made.error()));
    engine = *made;
  }

  /// Makes *what* of the log, by the means of the store: all of its own checks
  /// fit.
  void write(const std::vector<bytes>& what,
             std::optional<store::summary_row> row) {
    auto lease = engine->claim_shard(0, "test", duration{60'000});
    REQUIRE(lease);
    auto there = engine->last_seq(stream);
    REQUIRE(there);
    if (*there > 0)
      commit({0, lease->epoch, {}, {}, {{stream, *there}}});
    commit({0, lease->epoch, {{stream, 0, what, std::move(row), {}}}, {}});
    REQUIRE(engine->release_shard(*lease));
  }

  /// The same, and the row stays as it is.
  void rewrite(const std::vector<bytes>& what) {
    auto row = engine->read_summary(stream);
    REQUIRE(row);
    write(what, row->summary);
  }

  audit_report verify(std::optional<security::chain_head> known = {}) const {
    auto result = verify_trail(trail_of(*engine, "acme"), "acme", known);
    if (!result)
      FAIL(render(result.error()));
    return *result;
  }

  test::temporary_directory dir;
  std::shared_ptr<store::engine> engine;
  audit_state state;
  std::vector<bytes> events;

private:
  void commit(store::batch what) const {
    std::promise<caf::expected<void>> done;
    engine->append(std::move(what),
                   [&](caf::expected<void> x) { done.set_value(x); });
    REQUIRE(done.get_future().get());
  }
};

/// One byte of what is written in *event* is another.
void change(bytes& event, const std::string& text) {
  auto at = std::search(event.begin(), event.end(), text.begin(), text.end());
  REQUIRE(at != event.end());
  *at ^= uint8_t{1};
}

} // namespace

TEST_CASE("a log that nobody touched is in order, up to its head") {
  stored_log it{2'500};
  auto report = it.verify();
  CHECK(report.records == 2'500);
  CHECK(!report.broken);
  CHECK(report.head == to_word({2'500, it.state.last_hash}));
  CHECK(head_from_word(report.head)
        == security::chain_head{2'500, it.state.last_hash});
}

TEST_CASE("one changed byte of a record is found, and which record it is in") {
  stored_log it{10};
  change(it.events[6], "canary7");
  it.rewrite(it.events);
  auto report = it.verify();
  REQUIRE(report.broken);
  CHECK(report.records == 6);
  CHECK(report.broken->seq == 7);
  CHECK(report.broken->why == "changed");
  CHECK(report.broken->detail.find("7") != std::string::npos);
}

TEST_CASE("a record that was taken out is found") {
  stored_log it{10};
  it.events.erase(it.events.begin() + 3);
  it.rewrite(it.events);
  auto report = it.verify();
  REQUIRE(report.broken);
  CHECK(report.records == 3);
  CHECK(report.broken->seq == 4);
}

TEST_CASE("two records that changed places are found") {
  stored_log it{10};
  std::swap(it.events[3], it.events[4]);
  it.rewrite(it.events);
  auto report = it.verify();
  REQUIRE(report.broken);
  CHECK(report.broken->seq == 4);
  CHECK(report.broken->why == "reordered");
}

TEST_CASE("an end that is gone is found by the row, and by a kept head") {
  stored_log it{10};
  auto head = head_from_word(it.verify().head);
  REQUIRE(head);
  auto row = it.engine->read_summary(stream);
  REQUIRE(row);
  it.events.resize(8);
  it.rewrite(it.events);
  auto report = it.verify();
  REQUIRE(report.broken);
  CHECK(report.broken->seq == 9);
  CHECK(report.broken->why == "missing");
  // Whoever makes the row fit, too, is found by a kept head alone.
  audit_state shorter;
  for (auto& x : it.events) {
    auto event = wire::from_msgpack<entity::recorded<audit_event>>(x);
    REQUIRE(event);
    audit_log::apply(shorter, event->event, {});
  }
  it.write(it.events, audit_log::summarise(shorter, {"acme", audit_id}));
  CHECK(!it.verify().broken);
  report = it.verify(*head);
  REQUIRE(report.broken);
  CHECK(report.broken->seq == 9);
  CHECK(report.broken->why == "missing");
}

TEST_CASE("a log that was written anew is found by a kept head") {
  stored_log it{10};
  auto head = head_from_word(it.verify().head);
  REQUIRE(head);
  std::vector<bytes> other;
  audit_state state;
  for (auto& x : it.events) {
    auto event = wire::from_msgpack<entity::recorded<audit_event>>(x);
    REQUIRE(event);
    auto& what = std::get<audited>(event->event);
    change(what.record, "canary");
    what.hash = security::chain_next(state.last_hash, what.record);
    audit_log::apply(state, event->event, {});
    other.push_back(wire::to_msgpack(*event));
  }
  it.write(other, audit_log::summarise(state, {"acme", audit_id}));
  CHECK(!it.verify().broken);
  auto report = it.verify(*head);
  REQUIRE(report.broken);
  CHECK(report.broken->why == "rewritten");
}

TEST_CASE("a byte of the file that is another is found, and where") {
  stored_log it{10};
  it.engine->close();
  it.engine = nullptr;
  auto path = it.dir / "store" + "/data.mdb";
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  std::string all{std::istreambuf_iterator<char>{file}, {}};
  size_t changed = 0;
  for (auto at = all.find("canary5"); at != all.npos;
       at = all.find("canary5", at + 1), ++changed) {
    file.clear();
    file.seekp(static_cast<std::streamoff>(at));
    file.put('C');
  }
  REQUIRE(changed > 0);
  file.close();
  it.open();
  auto report = it.verify();
  REQUIRE(report.broken);
  CHECK(report.records == 4);
  CHECK(report.broken->seq == 5);
  CHECK(report.broken->why == "changed");
}

TEST_CASE("entries are listed from the newest, by who, what and when") {
  stored_log it{2'500};
  auto in = trail_of(*it.engine, "acme");
  auto page = list_entries(in, {}, 0, 3);
  REQUIRE(page);
  REQUIRE(page->items.size() == 3);
  CHECK(page->items[0].seq == 2'500);
  CHECK(page->items[0].hash == security::to_hex(it.state.last_hash));
  CHECK(page->before == 2'498);
  uint64_t seen = 0;
  uint64_t before = 0;
  do {
    page = list_entries(in, {.who = "bob"}, before, 400);
    REQUIRE(page);
    for (auto& x : page->items)
      CHECK(x.who == "bob");
    seen += page->items.size();
    before = page->before;
  } while (before != 0);
  CHECK(seen == 1'250);
  page =
    list_entries(in, {.since = timestamp{std::chrono::hours{2'498}}}, 0, 100);
  REQUIRE(page);
  CHECK(page->items.size() == 2);
  page = list_entries(in, {.until = timestamp{std::chrono::hours{2}}}, 0, 100);
  REQUIRE(page);
  CHECK(page->items.size() == 2);
  page = list_entries(in, {.what = "DELETE"}, 0, 100);
  REQUIRE(page);
  CHECK(page->items.empty());
}

TEST_CASE("what is no head of a chain is refused") {
  const auto no_digits = "1:zz" + std::string(62, '0');
  for (auto* text : {"", "1", ":", "x:", "1:00", "-1:00"})
    CHECK(code_of(head_from_word(text).error()) == ec::invalid_argument);
  CHECK(code_of(head_from_word(no_digits).error()) == ec::invalid_argument);
}

TEST_CASE("a verification can be stopped") {
  stored_log it{3};
  std::stop_source stop;
  stop.request_stop();
  auto result =
    verify_trail(trail_of(*it.engine, "acme"), "acme", {}, stop.get_token());
  CHECK(code_of(result.error()) == ec::cancelled);
}
