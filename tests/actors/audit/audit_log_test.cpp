#include "actors/audit/audit_log.hpp"
#include "runtime/entity/draft.hpp"
#include "tests/support/draw.hpp"
#include "tests/support/formats.hpp"

#include <rapidcheck.h>

using namespace machine;
using namespace machine::audit;
using machine::test::draw;

namespace {

security::audit_record record_of_tenant(const std::string& tenant) {
  security::audit_record x;
  x.who = "ann";
  x.tenant = tenant;
  x.action = "runs.cancel";
  x.target = "run/r-1";
  x.phase = security::audit_phase::done;
  x.status = 200;
  return x;
}

/// An audit log without an actor: the core and its log.
struct log_under_test {
  audit_state state;
  entity::context ctx{{"acme", audit_id}, timestamp{}, 0};
  std::vector<audited> log;

  caf::error give(security::audit_record what) {
    entity::draft<audit_log> to{state, ctx};
    if (auto refused = audit_log::decide(to, record_audit{std::move(what)})) {
      REQUIRE(!to.changed());
      return refused;
    }
    for (auto& event : to.take_events())
      log.push_back(std::get<audited>(event));
    return caf::none;
  }
};

/// Whether each hash is that of its record and all before it.
bool is_chain(const std::vector<audited>& log) {
  security::digest last{};
  for (auto& x : log) {
    if (x.hash != security::chain_next(last, x.record))
      return false;
    last = x.hash;
  }
  return true;
}

} // namespace

TEST_CASE("each record is one event, and can be read again") {
  log_under_test it;
  auto first = record_of_tenant("acme");
  auto second = first;
  second.detail = "because it took long";
  REQUIRE(!it.give(first));
  REQUIRE(!it.give(second));
  REQUIRE(it.log.size() == 2);
  CHECK(it.state.count == 2);
  CHECK(it.state.last_hash == it.log[1].hash);
  CHECK(record_of(it.log[0]) == first);
  CHECK(record_of(it.log[1]) == second);
}

TEST_CASE("the same record twice is two events with two hashes") {
  log_under_test it;
  REQUIRE(!it.give(record_of_tenant("acme")));
  REQUIRE(!it.give(record_of_tenant("acme")));
  REQUIRE(it.log.size() == 2);
  CHECK(it.log[0].record == it.log[1].record);
  CHECK(it.log[0].hash != it.log[1].hash);
}

TEST_CASE("what belongs to another log is refused") {
  log_under_test it;
  CHECK(code_of(it.give(record_of_tenant("other"))) == ec::invalid_argument);
  CHECK(code_of(it.give(record_of_tenant(""))) == ec::invalid_argument);
  it.ctx.key.id = "log2";
  CHECK(code_of(it.give(record_of_tenant("acme"))) == ec::invalid_argument);
  CHECK(it.state == audit_state{});
}

TEST_CASE("a record is kept, however long its texts are") {
  log_under_test it;
  auto huge = record_of_tenant("acme");
  huge.target = huge.request_id = std::string(1u << 20, 'x');
  huge.detail = std::string(8u << 20, 'x');
  REQUIRE(!it.give(huge));
  CHECK(it.log[0].record.size() < (16u << 10));
  CHECK(record_of(it.log[0]));
}

TEST_CASE("what is no record is said to be damaged") {
  CHECK(code_of(record_of(audited{}).error()) == ec::corrupt);
  CHECK(code_of(record_of(audited{to_bytes("x"), {}}).error()) == ec::corrupt);
}

TEST_CASE("the row of an audit log has the head of its chain") {
  log_under_test it;
  REQUIRE(!it.give(record_of_tenant("acme")));
  auto row = audit_log::summarise(it.state, it.ctx.key);
  CHECK(row.fields.empty());
  auto body = wire::from_msgpack<audit_summary>(row.body);
  REQUIRE(body);
  CHECK(body->count == 1);
  CHECK(body->last_hash == security::to_hex(it.log[0].hash));
}

TEST_CASE("whatever is recorded, the log is one chain") {
  CHECK(rc::check([] {
    log_under_test it;
    for (auto left = draw(0, 30); left > 0; --left) {
      auto what = test::random_value<security::audit_record>();
      auto tenant = test::draw_text({"acme", "acme", "other"});
      what.tenant = tenant;
      auto before = it.state;
      auto refused = it.give(what);
      RC_ASSERT(static_cast<bool>(refused) == (tenant != "acme"));
      if (refused)
        RC_ASSERT(it.state == before);
      else if (test::chance(5)) {
        // It goes on from a snapshot as from its log.
        auto stored =
          wire::from_msgpack<audit_state>(wire::to_msgpack(it.state));
        RC_ASSERT(stored && *stored == it.state);
        it.state = *stored;
      }
    }
    RC_ASSERT(is_chain(it.log));
    RC_ASSERT(it.state.count == it.log.size());
    audit_state again;
    for (auto& x : it.log)
      audit_log::apply(again, x, it.ctx.now);
    RC_ASSERT(again == it.state);
    if (it.log.empty())
      return;
    // One bit of one record is another.
    auto& some = it.log[draw<size_t>(0, it.log.size())].record;
    some[draw<size_t>(0, some.size())] ^= uint8_t{1};
    RC_ASSERT(!is_chain(it.log));
  }));
}

TEST_CASE("an audit log survives every format") {
  test::check_formats<audit_command>(4);
  test::check_formats<audit_event>(4);
  test::check_formats<audit_state>(4);
  test::check_formats<audit_summary>(4);
  test::check_formats<entity::recorded<audit_event>>(4);
  test::check_formats<entity::outcome<audit_log>>(4);
}
