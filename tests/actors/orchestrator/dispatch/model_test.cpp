#include "actors/orchestrator/dispatch/spans.hpp"
#include "runtime/supervisor/door.hpp"
#include "tests/actors/orchestrator/dispatch/dispatch_under_test.hpp"

#include <deque>

using namespace machine;
using namespace machine::orchestrator;
using namespace std::chrono_literals;
using test::command_order;
using test::dispatch_under_test;

namespace {

/// A provider that is broken as no provider may be.
struct broken_provider final : models::provider {
  const std::string& name() const override {
    return name_;
  }

  call_id start(const models::chat_request&, const models::call_options&,
                models::call_handlers) override {
    throw std::runtime_error("out of everything");
  }

  void cancel(call_id) override {}

private:
  std::string name_ = "broken";
};

/// A provider that answers nobody before the test says so.
struct held_provider final : models::provider {
  const std::string& name() const override {
    return name_;
  }

  call_id start(const models::chat_request&, const models::call_options& asked,
                models::call_handlers how) override {
    options = asked;
    calls.push_back(std::move(how));
    return calls.size();
  }

  /// It takes its time.
  void cancel(call_id) override {}

  std::deque<models::call_handlers> calls;
  /// Of the last call.
  models::call_options options;

private:
  std::string name_ = "held";
};

struct with_model : dispatch_under_test {
  /// A model `m`, and a provider of it that is broken.
  with_model() {
    stock(std::make_shared<broken_provider>(), "broken");
  }

  ~with_model() override {
    caf::anon_send_exit(std::exchange(tools->desk, nullptr),
                        caf::exit_reason::kill);
    run();
  }

  /// A model `m` of *provider*, whom the machine knows as *name*, and whose
  /// tokens have this *price* each million.
  void stock(std::shared_ptr<models::provider> provider, std::string name,
             micro_usd price = 0) {
    models::model_stock what;
    auto& entry = what.listed.models["m"];
    entry.id = "m";
    entry.provider = name;
    entry.price = costs::price{price, price, price};
    what.providers[std::move(name)] = std::move(provider);
    known->put(std::move(what));
    tools->models = known;
  }

  /// It chooses `m`, whatever is asked.
  models::desk_actor spawn_desk() {
    using pointer = models::desk_actor::pointer;
    return system.spawn([this](pointer) -> models::desk_actor::behavior_type {
      return {
        [](atom::ready) {},
        [](atom::wake) {},
        [this](atom::select, const std::string&,
               const models::selection_request&) {
          ++choices;
          if (meanwhile)
            std::exchange(meanwhile, nullptr)();
          models::decision chosen;
          chosen.candidates.emplace_back().model = "m";
          return chosen;
        },
        [this](atom::reserve,
               const models::planned_call& what) -> caf::result<bool> {
          planned.push_back(what);
          if (no_leave)
            return no_leave;
          return true;
        },
        [this](atom::report, const models::made_call& what) {
          made.push_back(what);
        },
      };
    });
  }

  std::shared_ptr<models::catalogue_source> known =
    std::make_shared<models::catalogue_source>();
  /// How often a model was asked for, and what is to happen at the next time.
  size_t choices = 0;
  /// What it was asked for leave for, and told of.
  std::vector<models::planned_call> planned;
  std::vector<models::made_call> made;
  /// Why it gives none.
  caf::error no_leave;
  std::function<void()> meanwhile;

  static attempt_order model_order(const std::string& step, uint64_t token) {
    auto order = command_order(step, token);
    order.kind = attempt_kind::model;
    model_step what;
    what.prompt = "hello";
    order.request.text = wire::to_json(step_action{what});
    return order;
  }
};

} // namespace

TEST_CASE_METHOD(with_model,
                 "who chooses models is asked again while it is away") {
  auto door = supervision::make_door<models::desk_actor>(system);
  tools->desk = door;
  start(model_order("a", 1));
  for (int i = 0; i < 3; ++i)
    advance(500ms);
  CHECK(runs.asked.empty());
  auto desk = spawn_desk();
  supervision::door_of(door).lead_to(
    caf::actor_cast<caf::strong_actor_ptr>(desk));
  advance(500ms);
  auto begun = runs.all<intend_effect>();
  REQUIRE(begun.size() == 1);
  CHECK(begun[0].subject == "m");
  supervision::door_of(door).close();
  caf::anon_send_exit(desk, caf::exit_reason::kill);
}

TEST_CASE_METHOD(with_model, "what a worker throws reaches the run") {
  tools->desk = spawn_desk();
  runs.hold = nullptr;
  start(model_order("a", 1));
  auto told = runs.all<fail_attempt>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].code == "internal");
  CHECK(told[0].message.find("out of everything") != std::string::npos);
}

TEST_CASE_METHOD(with_model,
                 "while its call is open, a worker that died is not "
                 "gone") {
  auto provider = std::make_shared<held_provider>();
  stock(provider, "broken");
  tools->desk = spawn_desk();
  start(model_order("a", 1));
  runs.answer(0);
  run();
  REQUIRE(provider->calls.size() == 1);
  kill(0);
  stop("a", 1);
  run();
  CHECK(runs.all<attempt_is_stopped>().empty());
  provider->calls.pop_front();
  run();
  CHECK(runs.all<attempt_is_stopped>().size() == 1);
}

TEST_CASE_METHOD(with_model,
                 "what a worker does is in the trace of its run, once it is "
                 "committed") {
  std::vector<span> seen;
  tools->traces = {[&](span x) { seen.push_back(std::move(x)); }, 1};
  auto provider = std::make_shared<held_provider>();
  stock(provider, "broken");
  tools->desk = spawn_desk();
  runs.hold = [](const run_command&) { return true; };
  auto order = model_order("a", 1);
  start(order);
  runs.answer(0);
  run();
  REQUIRE(provider->calls.size() == 1);
  order.run = id.id;
  auto& traces = tools->traces;
  auto call = context_of_effect(order, "a#1.1", traces);
  CHECK(provider->options.traceparent == format_traceparent(call));
  provider->calls.front().on_done({models::chat_response{}});
  provider->calls.pop_front();
  run();
  CHECK(seen.empty());
  runs.answer(1);
  run();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].context() == call);
  CHECK(seen[0].parent() == context_of_attempt(order, traces).span);
  REQUIRE(runs.all<finish_attempt>().size() == 1);
  runs.answer(2);
  run();
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].context() == context_of_attempt(order, traces));
  CHECK(seen[1].start() <= seen[0].start());
  CHECK(seen[1].ended() >= seen[0].ended());
}

TEST_CASE_METHOD(with_model, "without traces no provider is told of any") {
  auto provider = std::make_shared<held_provider>();
  stock(provider, "broken");
  tools->desk = spawn_desk();
  auto order = model_order("a", 1);
  std::string says;
  SECTION("but of one that the run was asked for in") {
    order.trace = run_trace{"4bf92f3577b34da6a3ce929d0e0e4736",
                            "00f067aa0ba902b7", false, std::nullopt};
    says = "00-4bf92f3577b34da6a3ce929d0e0e4736-";
  }
  SECTION("at all") {}
  start(order);
  runs.answer(0);
  run();
  REQUIRE(provider->calls.size() == 1);
  CHECK(provider->options.traceparent.substr(0, 36) == says);
  provider->calls.pop_front();
}

TEST_CASE_METHOD(with_model, "a call keeps the entry that it began with") {
  auto provider = std::make_shared<held_provider>();
  stock(provider, "broken", 2'000'000);
  tools->desk = spawn_desk();
  start(model_order("a", 1));
  runs.answer(0);
  run();
  REQUIRE(provider->calls.size() == 1);
  known->put({});
  models::chat_response answer;
  answer.usage.emplace().output = 1'000'000;
  provider->calls.front().on_done({answer});
  provider->calls.pop_front();
  run();
  auto done = runs.all<finish_effect>();
  REQUIRE(done.size() == 1);
  CHECK(done[0].cost == 2'000'000);
  CHECK(done[0].code.empty());
}

TEST_CASE_METHOD(with_model,
                 "a choice from a list that is another one now is made again") {
  auto old = std::make_shared<held_provider>();
  auto other = std::make_shared<held_provider>();
  stock(old, "broken");
  meanwhile = [&] { stock(other, "other"); };
  tools->desk = spawn_desk();
  start(model_order("a", 1));
  runs.answer(0);
  run();
  CHECK(choices == 2);
  CHECK(old->calls.empty());
  CHECK(other->calls.size() == 1);
  other->calls.clear();
}

TEST_CASE_METHOD(with_model,
                 "the desk is asked for leave before the run, and hears how "
                 "the call went") {
  auto provider = std::make_shared<held_provider>();
  stock(provider, "broken", 2'000'000);
  tools->desk = spawn_desk();
  auto order = model_order("a", 1);
  order.whose.project = "p";
  order.whose.tags = {"nightly"};
  start(order);
  REQUIRE(planned.size() == 1);
  CHECK(planned[0].whose.project == "p");
  CHECK(planned[0].whose.run == id.id);
  CHECK(planned[0].whose.model == "m");
  CHECK(planned[0].whose.tags == std::vector<std::string>{"nightly"});
  auto intents = runs.all<intend_effect>();
  REQUIRE(intents.size() == 1);
  CHECK(intents[0].provider == "broken");
  CHECK(!intents[0].agent);
  runs.answer(0);
  run();
  REQUIRE(provider->calls.size() == 1);
  CHECK(made.empty());
  models::chat_response answer;
  answer.usage.emplace().output = 1'000'000;
  provider->calls.front().on_done({answer, std::nullopt, answer.usage});
  provider->calls.pop_front();
  run();
  REQUIRE(made.size() == 1);
  CHECK(made[0].name == planned[0].name);
  CHECK(made[0].code.empty());
  CHECK(made[0].cost == 2'000'000);
}

TEST_CASE_METHOD(with_model,
                 "a call that the run does not want is taken back") {
  tools->desk = spawn_desk();
  runs.hold = nullptr;
  runs.refuse = [](const run_command& x) {
    return std::holds_alternative<intend_effect>(x)
           ? make_error(ec::limit_exceeded, "too much")
           : caf::error{};
  };
  start(model_order("a", 1));
  REQUIRE(planned.size() == 1);
  REQUIRE(made.size() == 1);
  CHECK(made[0].name == planned[0].name);
  CHECK(made[0].code == "cancelled");
  CHECK(made[0].cost == 0);
}

TEST_CASE_METHOD(with_model, "without leave of the desk no call begins") {
  auto provider = std::make_shared<held_provider>();
  stock(provider, "broken");
  tools->desk = spawn_desk();
  runs.hold = nullptr;
  SECTION("because its model has spent its money") {
    auto order = model_order("a", 1);
    order.model = "m";
    no_leave = make_error(ec::budget_exceeded, "m has spent its month");
    start(order);
    auto told = runs.all<fail_attempt>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].code == "budget_exceeded");
    CHECK(told[0].message == "m has spent its month");
  }
  SECTION("while it fails") {
    no_leave = make_error(ec::unavailable, "m fails");
    start(model_order("a", 1));
    CHECK(runs.asked.empty());
    no_leave = caf::none;
    advance(500ms);
    CHECK(choices == 2);
    CHECK(runs.all<intend_effect>().size() == 1);
    REQUIRE(provider->calls.size() == 1);
    provider->calls.clear();
  }
  CHECK(runs.all<intend_effect>().size() <= 1);
}
