#include "actors/orchestrator/upgrade/upgrade.hpp"
#include "actors/tenants/check.hpp"
#include "runtime/entity/shards.hpp"
#include "runtime/store/lmdb.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"
#include "tests/support/directory.hpp"

#include <future>
#include <map>

using namespace machine;
using namespace machine::test;

namespace {

constexpr const char* graph = R"(
name: w
vars: {n: 0}
steps:
  - {id: a, command: a, retry: {max: 2, jitter: 1}}
  - {id: b, needs: [a], set: {n: ".vars.n + 1"}}
  - {id: q, needs: [a], approve: {question: "may I?"}}
  - id: each
    needs: [b]
    foreach:
      items: "[1, 2, 3]"
      steps:
        - {id: item, command: c}
)";

/// The log of a run as the store has it.
struct written {
  std::vector<entity::recorded<run_event>> events;
  std::map<store::blob_hash, bytes> blobs;

  explicit written(const run_under_test& it) {
    for (size_t i = 0; i < it.log.size(); ++i)
      events.push_back({it.log[i].first, it.log[i].second, it.together[i]});
  }

  void keep(const std::vector<bytes>& all) {
    for (auto& x : all)
      blobs[store::hash_blob(x)] = x;
  }

  template <class T>
  size_t place_of() const {
    for (size_t i = 0; i < events.size(); ++i)
      if (std::holds_alternative<T>(events[i].event))
        return i;
    FAIL("there is no such event");
    return 0;
  }

  upgrade_check check() const {
    upgrade_check result{
      {"t", "r-1"}, [this](auto& hash) -> caf::expected<bytes> {
        auto i = blobs.find(hash);
        if (i == blobs.end())
          return make_error(ec::not_found, "there is no blob " + hash);
        return i->second;
      }};
    for (auto& x : events)
      REQUIRE(!result.add(wire::to_msgpack(x)));
    REQUIRE(!result.finish());
    return result;
  }
};

std::optional<upgrade_difference> difference(const written& log) {
  return log.check().difference();
}

/// A run that has seen most of what may happen to one.
run_under_test busy_run(written* blobs = nullptr) {
  run_under_test it{graph};
  it.random = 0x123456789abcdef0;
  REQUIRE(!it.intend("a#1.1", "a", 100));
  REQUIRE(!it.settle("a#1.1", "a", 60));
  if (blobs)
    blobs->keep(it.blobs);
  REQUIRE(!it.fail("a", ec::unavailable));
  it.now = *run::wake_at(it.state);
  REQUIRE(!it.give(wake_run{}));
  REQUIRE(!it.intend("a#2.1", "a", 100));
  REQUIRE(!it.crash());
  REQUIRE(!it.finish("a", R"({"x":1})"));
  REQUIRE(!it.give(pause_run{"ann", "lunch"}));
  REQUIRE(!it.give(
    attempt_is_suspended{"each[1].item", it.order("each[1].item").token}));
  REQUIRE(!it.give(resume_run{"ann"}));
  REQUIRE(!it.finish("each[1].item"));
  REQUIRE(!it.finish("each[2].item"));
  REQUIRE(!it.finish("each[3].item"));
  REQUIRE(!it.give(answer_interrupt{"q", {R"({"approved":true})"}, "ann"}));
  REQUIRE(it.state.phase == run_phase::ended);
  REQUIRE(!it.give(charges_are_posted{1}));
  REQUIRE(!it.give(books_are_closed{}));
  REQUIRE(!it.give(archive_run{"ann"}));
  REQUIRE(!it.give(unarchive_run{"ann"}));
  return it;
}

written busy_log() {
  run_under_test empty{graph};
  written blobs{empty};
  written result{busy_run(&blobs)};
  result.blobs = std::move(blobs.blobs);
  return result;
}

} // namespace

TEST_CASE("the program that wrote a log decides it again") {
  auto log = busy_log();
  auto check = log.check();
  if (check.difference())
    FAIL(check.difference()->seq << ": " << check.difference()->what);
  CHECK(check.events() == log.events.size());
  CHECK(check.decisions() > 10);
  CHECK(check.unexplained() == 0);
}

TEST_CASE("another output of a step is seen where it matters") {
  auto log = busy_log();
  auto place = log.place_of<vars_changed>();
  std::get<vars_changed>(log.events[place].event).values["n"] = {"7"};
  auto found = difference(log);
  REQUIRE(found);
  CHECK(found->seq == place + 1);
  CHECK(found->what.find("this program decides") != std::string::npos);
  CHECK(found->what.find("\"n\":7") != std::string::npos);
}

TEST_CASE("a decision that ends too early is a difference") {
  auto log = busy_log();
  auto place = log.place_of<interrupt_opened>();
  // What follows is as if it had been forgotten.
  log.events.resize(place);
  log.events.push_back({log.events.back().at, run_paused{"ann", ""}, false});
  auto found = difference(log);
  REQUIRE(found);
  CHECK(found->seq == place + 1);
  CHECK(found->what.find("would first go on") != std::string::npos);
}

TEST_CASE("a decision that had to end may go on in the next one") {
  auto log = busy_log();
  // As if its expressions had taken too long before the step that asks.
  auto place = log.place_of<interrupt_opened>() - 1;
  REQUIRE(std::holds_alternative<step_started>(log.events[place].event));
  REQUIRE(log.events[place].together);
  log.events[place].together = false;
  auto found = difference(log);
  if (found)
    FAIL(found->what);
}

TEST_CASE("what this program would refuse is a difference") {
  auto log = busy_log();
  auto place = log.place_of<interrupt_answered>();
  auto& answer = std::get<interrupt_answered>(log.events[place].event);
  answer.answer.text = R"({"approved":17})";
  auto found = difference(log);
  REQUIRE(found);
  CHECK(found->seq == place + 1);
  CHECK(found->what.find("refuses") != std::string::npos);
}

TEST_CASE("an event that is besides is a difference") {
  auto log = busy_log();
  auto place = log.place_of<effect_intended>();
  log.events.insert(log.events.begin() + static_cast<ptrdiff_t>(place) + 1,
                    {log.events[place].at, run_resumed{"x"}, true});
  auto found = difference(log);
  REQUIRE(found);
  CHECK(found->seq == place + 2);
  CHECK(found->what.find("nothing more") != std::string::npos);
}

TEST_CASE("an event that does not read is a difference") {
  auto log = busy_log();
  upgrade_check check{{"t", "r-1"},
                      [](auto&) { return caf::expected<bytes>{bytes{}}; }};
  REQUIRE(!check.add(wire::to_msgpack(log.events[0])));
  REQUIRE(!check.add(to_bytes("\x81\xa2"
                              "at")));
  REQUIRE(check.difference());
  CHECK(check.difference()->seq == 2);
  CHECK(check.difference()->what.starts_with("cannot be read"));
}

TEST_CASE("when a failed attempt is tried again is chance") {
  auto log = busy_log();
  auto place = log.place_of<attempt_failed>();
  std::get<attempt_failed>(log.events[place].event).retry_at =
    log.events[place].at;
  CHECK(!difference(log));
}

TEST_CASE("a workflow of which something would not be read is a difference") {
  auto log = busy_log();
  auto& made = std::get<run_created>(log.events[0].event);
  auto at = made.workflow.text.find("\"steps\"");
  REQUIRE(at != std::string::npos);
  made.workflow.text.insert(at, R"("from_tomorrow":true,)");
  auto found = difference(log);
  REQUIRE(found);
  CHECK(found->seq == 1);
  CHECK(found->what.find("workflow.from_tomorrow") != std::string::npos);
}

TEST_CASE("a snapshot that this program would not have made is a difference") {
  auto it = busy_run();
  auto log = busy_log();
  auto with = [&](uint64_t seq, const run_state& state) {
    upgrade_check check{{"t", "r-1"}, [&](auto& hash) {
                          return caf::expected<bytes>{log.blobs.at(hash)};
                        }};
    check.expect(seq, state);
    for (auto& x : log.events)
      REQUIRE(!check.add(wire::to_msgpack(x)));
    REQUIRE(!check.finish());
    return check.difference();
  };
  CHECK(!with(it.log.size(), it.state));
  auto other = it.state;
  other.steps_ended += 1;
  auto found = with(it.log.size(), other);
  REQUIRE(found);
  CHECK(found->seq == it.log.size());
  CHECK(with(it.log.size() + 1, it.state)->what.find("snapshot of event")
        != std::string::npos);
  CHECK(with(2, it.state));
}

TEST_CASE("runs of a store are checked where they are, and nothing changes") {
  temporary_directory there;
  auto engine = store::open_lmdb(there.path() + "/store");
  REQUIRE(engine);
  auto log = busy_log();
  store::batch batch;
  batch.shard = entity::shard_of(store::stream_id{"run", "t", "r-1"},
                                 (*engine)->shard_count());
  batch.epoch =
    (*engine)->claim_shard(batch.shard, "n", duration{60'000})->epoch;
  store::stream_append add{{"run", "t", "r-1"}};
  for (auto& x : log.events)
    add.events.push_back(wire::to_msgpack(x));
  batch.streams.push_back(add);
  for (auto& [hash, content] : log.blobs)
    batch.blobs.push_back(content);
  std::promise<bool> done;
  (*engine)->append(std::move(batch), [&](caf::expected<void> x) {
    done.set_value(static_cast<bool>(x));
  });
  REQUIRE(done.get_future().get());
  auto said = check_run_upgrade(**engine, {"t", "r-1"});
  REQUIRE(said);
  CHECK(said->events == log.events.size());
  CHECK(said->unexplained == 0);
  CHECK(!said->difference);
  CHECK((*engine)->last_seq({"run", "t", "r-1"}).value() == log.events.size());
}

TEST_CASE("kept answers are read, and their snapshots compared") {
  using namespace requests;
  temporary_directory there;
  auto engine = store::open_lmdb(there.path() + "/store");
  REQUIRE(engine);
  std::vector<kept_event> events{
    request_begun{{}, "POST /api/v1/things", "a", "l"},
    request_finished{ending::kept, {201, "text/plain", {}, to_bytes("x")}}};
  kept_state state;
  for (auto& x : events)
    kept_answer::apply(state, x, timestamp{});
  auto store = [&](const std::string& id, const std::vector<bytes>& log,
                   const kept_state& image) {
    store::stream_id stream{kept_answer::kind, "t", id};
    store::batch batch;
    batch.shard = entity::shard_of(stream, (*engine)->shard_count());
    batch.epoch =
      (*engine)->claim_shard(batch.shard, "n", duration{60'000})->epoch;
    batch.streams.push_back(
      {stream, 0, log, store::summary_row{},
       store::snapshot{log.size(), kept_answer::snapshot_schema,
                       wire::to_msgpack(image)}});
    std::promise<bool> done;
    (*engine)->append(std::move(batch), [&](caf::expected<void> x) {
      done.set_value(static_cast<bool>(x));
    });
    REQUIRE(done.get_future().get());
  };
  std::vector<bytes> log;
  for (auto& x : events)
    log.push_back(
      wire::to_msgpack(entity::recorded<kept_event>{timestamp{}, x}));
  store("fine", log, state);
  auto other = state;
  other.answer.status = 200;
  store("other", log, other);
  auto damaged = log;
  damaged.back() = to_bytes("x");
  store("damaged", damaged, state);
  std::map<std::string, upgrade_verdict> said;
  REQUIRE(!check_upgrade(**engine, {"t", {}, false},
                         [&](auto& x) { said.emplace(x.id, x); }));
  REQUIRE(said.size() == 3);
  CHECK(!said.at("fine").difference);
  CHECK(said.at("fine").events == 2);
  CHECK(said.at("other").difference->what.find("snapshot")
        != std::string::npos);
  CHECK(said.at("damaged").difference->seq == 2);
}

TEST_CASE("the log of a tenant and its audit log are read, too") {
  temporary_directory there;
  auto engine = store::open_lmdb(there.path() + "/store");
  REQUIRE(engine);
  auto put = [&](const store::stream_id& stream, std::vector<bytes> events) {
    store::batch batch;
    batch.shard = entity::shard_of(stream, (*engine)->shard_count());
    batch.epoch =
      (*engine)->claim_shard(batch.shard, "n", duration{60'000})->epoch;
    batch.streams.push_back(
      {stream, 0, std::move(events), store::summary_row{}, {}});
    std::promise<bool> done;
    (*engine)->append(std::move(batch), [&](caf::expected<void> x) {
      done.set_value(static_cast<bool>(x));
    });
    REQUIRE(done.get_future().get());
  };
  auto good = wire::to_msgpack(
    entity::recorded<audit::audit_event>{{}, audit::audited{}});
  put({"audit", "t", audit::audit_id}, {good, good});
  put({tenants::tenant::kind, tenants::system_tenant, "t"},
      {to_bytes("what nobody reads")});
  std::map<std::string, upgrade_verdict> all;
  auto err = check_upgrade(**engine, {"t", {}, false},
                           [&](auto& x) { all.emplace(x.kind, x); });
  REQUIRE(!err);
  REQUIRE(all.size() == 2);
  CHECK(all.at("audit").events == 2);
  CHECK(!all.at("audit").difference);
  REQUIRE(all.at(tenants::tenant::kind).difference);
  CHECK(all.at(tenants::tenant::kind).difference->seq == 1);
}
