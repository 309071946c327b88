#include "tests/actors/models/desk/desk_under_test.hpp"

#include "actors/models/desk/desk_state.hpp"
#include "runtime/store/lmdb.hpp"

#include <fstream>
#include <future>

namespace machine::test {

using namespace models;

namespace {

constexpr std::chrono::seconds patience{30};

constexpr const char* catalogue_text = R"(
[provider.one]
protocol = "openai"
url = "http://127.0.0.1:1/v1"

[provider.two]
protocol = "openai"
url = "http://127.0.0.1:1/v1"

[model.small]
provider = "one"
context = 100000
max_output = 10000
structured_output = true
price = { input = "1", output = "1" }
quality = { general = 0.7 }

[model.big]
provider = "two"
context = 100000
max_output = 10000
structured_output = true
price = { input = "10", output = "10" }
quality = { general = 0.9 }

[model.free]
provider = "one"
context = 100000
max_output = 10000
)";

chat_response answer_of(const std::string& text,
                        std::optional<token_usage> usage) {
  chat_response x;
  x.message.role = chat_role::assistant;
  x.message.content = text;
  x.usage = usage;
  return x;
}

} // namespace

provider::call_id obedient::start(const chat_request& what,
                                  const call_options& options,
                                  call_handlers how) {
  auto call = std::make_shared<pending>(pending{what, options, std::move(how)});
  auto id = ++calls_;
  std::function<call_outcome(const pending&)> rule;
  {
    std::lock_guard guard{mutex_};
    rule = rule_;
    if (!stays_ && call->how.on_leave)
      call->how.on_leave();
    if (!rule) {
      held_.emplace(id, call);
      fresh_.push_back(call);
      came_.notify_all();
    }
  }
  if (!rule)
    return id;
  auto outcome = rule(*call);
  if (outcome.response)
    for (auto& x : deltas_of(*outcome.response))
      call->how.on_delta(x);
  call->how.on_done(std::move(outcome));
  return id;
}

void obedient::cancel(call_id id) {
  std::shared_ptr<pending> call;
  {
    std::lock_guard guard{mutex_};
    auto i = held_.find(id);
    if (i == held_.end())
      return;
    call = i->second;
    held_.erase(i);
  }
  break_off(*call, ec::cancelled);
}

void obedient::answer_with(std::string text, token_usage usage) {
  std::lock_guard guard{mutex_};
  rule_ = [text, usage](const pending&) {
    return call_outcome{answer_of(text, usage), std::nullopt, usage, true, 200};
  };
}

void obedient::fail_with(ec code, bool accepted, int status) {
  std::lock_guard guard{mutex_};
  rule_ = [code, accepted, status](const pending&) {
    return call_outcome{make_error(code, "as the test says"), std::nullopt,
                        std::nullopt, accepted, status};
  };
}

void obedient::hold() {
  std::lock_guard guard{mutex_};
  rule_ = nullptr;
}

std::shared_ptr<obedient::pending> obedient::take() {
  std::unique_lock lock{mutex_};
  REQUIRE(came_.wait_for(lock, patience, [this] { return !fresh_.empty(); }));
  auto call = fresh_.front();
  fresh_.erase(fresh_.begin());
  return call;
}

void say(obedient::pending& call, const std::string& text) {
  call.how.on_delta({answer_delta::kind_type::text, text});
}

void end(obedient::pending& call, const std::string& text,
         std::optional<token_usage> usage) {
  call.how.on_done({answer_of(text, usage), std::nullopt, usage, true, 200});
}

void break_off(obedient::pending& call, ec code, bool accepted,
               std::optional<duration> retry_after) {
  call.how.on_done({make_error(code, "it ended"), retry_after, std::nullopt,
                    accepted, accepted ? 200 : 503});
}

void listener::on_begin(const call_facts&) {
  std::lock_guard guard{mutex_};
  ++begun;
}

void listener::on_takeover(const call_facts&, const takeover& how) {
  std::lock_guard guard{mutex_};
  takeovers.push_back(how);
  if (how.restarts)
    text.clear();
}

void listener::on_delta(const answer_delta& piece) {
  std::lock_guard guard{mutex_};
  text += piece.text;
  changed_.notify_all();
}

void listener::on_end(const call_facts& facts,
                      caf::expected<chat_response> answer) {
  std::lock_guard guard{mutex_};
  end_.emplace(result{facts, std::move(answer)});
  changed_.notify_all();
}

listener::result listener::wait() {
  std::unique_lock lock{mutex_};
  REQUIRE(changed_.wait_for(lock, patience, [this] { return !!end_; }));
  return *end_;
}

void listener::wait_for_text(size_t bytes) {
  std::unique_lock lock{mutex_};
  REQUIRE(changed_.wait_for(lock, patience,
                            [&] { return text.size() >= bytes || end_; }));
}

costs::purse_rules desk_under_test::fast_rules() {
  costs::purse_rules x;
  x.tell_after = duration{1};
  x.idle_after = duration{10};
  return x;
}

desk_under_test::desk_under_test(costs::purse_rules rules) : rules_(rules) {
  one->answer_with("hello", {10, 0, 5});
  two->answer_with("hello", {10, 0, 5});
  boot();
}

desk_under_test::desk_under_test(routing_policy policy,
                                 std::shared_ptr<provider> first,
                                 std::shared_ptr<provider> second)
    : rules_(fast_rules()), policy_(std::move(policy)),
      first_(std::move(first)), second_(std::move(second)), patience_(100) {
  boot();
}

desk_under_test::desk_under_test(routing_policy policy,
                                 std::shared_ptr<hand_clock> clock,
                                 std::shared_ptr<provider> first,
                                 std::shared_ptr<provider> second)
    : rules_(fast_rules()), policy_(std::move(policy)),
      first_(first ? std::move(first) : one),
      second_(second ? std::move(second) : two), clock_(std::move(clock)) {
  one->answer_with("hello", {10, 0, 5});
  two->answer_with("hello", {10, 0, 5});
  boot();
}

routing_policy desk_under_test::usual_policy() {
  routing_policy result;
  result.prefer = preference::cheap;
  result.exploration.on = false;
  return result;
}

desk_under_test::~desk_under_test() = default;

void desk_under_test::boot() {
  node_options options;
  options.data_directory = dir_ / "data";
  auto engine = store::open_lmdb({options.data_directory + "/store"});
  REQUIRE(engine);
  options.engine = std::move(*engine);
  auto known = load_catalogue({}, catalogue_text, "test");
  if (!known)
    FAIL(render(known.error()));
  options.models->put(
    {std::move(*known), {{"one", first_}, {"two", second_}}, {}});
  models_ = options.models;
  options.routing = policy_;
  options.provider_idle = patience_;
  options.money = rules_;
  if (clock_)
    options.call_clock = [clock = clock_] { return clock->now(); };
  options.on_failure = [this](auto& name, auto& why) {
    std::lock_guard guard{mutex_};
    troubles_.push_back(name + ": " + render(why));
  };
  node_ = std::make_unique<machine::node>(std::move(options));
}

models::learner desk_under_test::knows() {
  std::promise<learner> found;
  node_->actors().orders->post(
    [&](desk_state& at) { found.set_value(at.knows); });
  auto result = found.get_future();
  REQUIRE(result.wait_for(patience) == std::future_status::ready);
  return result.get();
}

models::learner desk_under_test::written() const {
  return learner_file{dir_ / "data/learned"}.take().knows;
}

void desk_under_test::damage_lessons() {
  node_.reset();
  std::ofstream{dir_ / "data/learned"} << "nothing of ours";
  boot();
}

std::vector<std::string> desk_under_test::troubles() {
  std::lock_guard guard{mutex_};
  return troubles_;
}

caf::error desk_under_test::judge(const std::string& call,
                                  std::optional<bool> tests_passed,
                                  std::optional<bool> accepted,
                                  const std::string& of) {
  std::promise<caf::error> heard;
  desk().judge({of, call, tests_passed, accepted, {}},
               [&](const caf::error& why) { heard.set_value(why); });
  auto result = heard.get_future();
  REQUIRE(result.wait_for(patience) == std::future_status::ready);
  return result.get();
}

void desk_under_test::restart() {
  node_.reset();
  boot();
}

void desk_under_test::set_policies(std::map<std::string, routing_policy> all) {
  auto stock = *models_->stock();
  stock.policies = std::move(all);
  models_->put(std::move(stock));
}

void desk_under_test::change(const std::function<void(model_stock&)>& how) {
  auto stock = *models_->stock();
  how(stock);
  models_->put(std::move(stock));
}

void desk_under_test::advance(duration by) {
  clock_->advance(by);
  node_->actors().orders->remind();
  catch_up();
}

void desk_under_test::catch_up() {
  std::promise<void> done;
  node_->actors().orders->post([&](desk_state&) { done.set_value(); });
  REQUIRE(done.get_future().wait_for(patience) == std::future_status::ready);
}

models::desk desk_under_test::desk() {
  return models::desk{node_->actors().orders};
}

chat_order desk_under_test::order(const std::string& model,
                                  uint32_t max_output_tokens) {
  auto request = std::make_shared<chat_request>();
  request->messages.push_back({chat_role::user, "hi"});
  request->max_output_tokens = max_output_tokens;
  chat_order x;
  x.tenant = acme;
  x.model = model;
  x.request = std::move(request);
  return x;
}

uint64_t desk_under_test::call(chat_order what, std::shared_ptr<listener> by) {
  return desk().call(std::move(what), std::move(by));
}

std::shared_ptr<listener> desk_under_test::call(const std::string& model,
                                                uint32_t max_output_tokens) {
  auto by = std::make_shared<listener>();
  call(order(model, max_output_tokens), by);
  return by;
}

models::desk_actor desk_under_test::clerk() {
  return node_->actors().clerk;
}

caf::actor_system& desk_under_test::system() {
  return node_->actors().system;
}

void desk_under_test::set_budget(const std::string& id, micro_usd limit) {
  costs::budget x;
  x.id = id;
  x.limit = limit;
  change(costs::set_budget{x});
}

void desk_under_test::change(costs::ledger_command what) {
  caf::scoped_actor self{node_->actors().system};
  self
    ->request(node_->actors().ledgers, patience, atom::command_v,
              entity::key{acme, costs::ledger_id}, what)
    .receive([](const entity::outcome<costs::ledger>&) {},
             [](const caf::error& why) { FAIL(render(why)); });
  std::promise<void> known;
  desk().hear_of_budgets(acme, [&] { known.set_value(); });
  REQUIRE(known.get_future().wait_for(patience) == std::future_status::ready);
}

costs::ledger_state desk_under_test::ledger() {
  caf::scoped_actor self{node_->actors().system};
  costs::ledger_state result;
  self
    ->request(node_->actors().ledgers, patience, atom::inspect_v,
              entity::key{acme, costs::ledger_id})
    .receive([&](costs::ledger_state& x) { result = std::move(x); },
             [](const caf::error& why) {
               if (code_of(why) != ec::not_found)
                 FAIL(render(why));
             });
  return result;
}

costs::ledger_state desk_under_test::wait(
  const std::function<bool(const costs::ledger_state&)>& wanted) {
  auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto now = ledger();
    for (auto& [key, x] : now.budgets)
      REQUIRE(x.sum.settled + x.leased <= x.what.limit);
    if (wanted(now))
      return now;
    // What is to be told soon is told then.
    if (clock_)
      advance(duration{1});
    REQUIRE(std::chrono::steady_clock::now() < end);
  }
}

costs::ledger_state desk_under_test::rest(uint64_t calls) {
  return wait([calls](auto& now) {
    for (auto& [key, x] : now.budgets)
      if (x.leased != 0)
        return false;
    return now.calls == calls;
  });
}

std::vector<costs::call_line> desk_under_test::lines() {
  auto log = node_->engine().read({costs::ledger::kind, acme, costs::ledger_id},
                                  1, 10'000, 64u << 20);
  REQUIRE(log);
  std::vector<costs::call_line> result;
  for (auto& stored : *log) {
    auto event =
      wire::from_msgpack<entity::recorded<costs::ledger_event>>(stored.payload);
    REQUIRE(event);
    if (auto* x = std::get_if<costs::calls_booked>(&event->event))
      result.insert(result.end(), x->lines.begin(), x->lines.end());
  }
  return result;
}

decision_record desk_under_test::decision(const std::string& call) {
  REQUIRE(node_->actors().decisions->settle(patience));
  auto row = node_->engine().read_summary({decision_shelf::kind, acme, call});
  if (!row)
    FAIL(render(row.error()));
  auto result = decision_of(row->summary);
  REQUIRE(result);
  return *result;
}

} // namespace machine::test
