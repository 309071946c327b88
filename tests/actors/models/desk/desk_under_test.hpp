#pragma once

#include "actors/models/desk/desk.hpp"
#include "actors/models/routing/learner.hpp"
#include "actors/node/actors.hpp"
#include "runtime/clock.hpp"
#include "tests/support/directory.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace machine::test {

/// Who orders calls, in all of these.
constexpr const char* acme = "acme";

/// A provider that does what the test says, on the thread that asks.
class obedient final : public models::provider {
public:
  struct pending {
    models::chat_request what;
    models::call_options options;
    models::call_handlers how;
  };

  explicit obedient(std::string name) : name_(std::move(name)) {}

  const std::string& name() const override {
    return name_;
  }

  call_id start(const models::chat_request& what,
                const models::call_options& options,
                models::call_handlers how) override;

  void cancel(call_id id) override;

  /// Answers every call at once with *text*, or fails.
  void answer_with(std::string text, models::token_usage usage);
  void fail_with(ec code, bool accepted, int status = 500);

  /// Keeps calls until `take`.
  void hold();

  /// Calls do not leave the machine.
  void stay() {
    stays_ = true;
  }

  /// The next call that is kept; waits for it.
  std::shared_ptr<pending> take();

  size_t calls() const {
    return calls_;
  }

private:
  const std::string name_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::function<models::call_outcome(const pending&)> rule_;
  std::map<call_id, std::shared_ptr<pending>> held_;
  std::vector<std::shared_ptr<pending>> fresh_;
  std::atomic<size_t> calls_{0};
  std::atomic<bool> stays_{false};
};

/// Says *text* in a call, and ends it.
void say(obedient::pending& call, const std::string& text);
void end(obedient::pending& call, const std::string& text,
         std::optional<models::token_usage> usage);
void break_off(obedient::pending& call, ec code, bool accepted = true,
               std::optional<duration> retry_after = {});

/// Time that goes on when the test says so.
class hand_clock {
public:
  timestamp now() const {
    return begin_ + duration{passed_.load()};
  }

  void advance(duration by) {
    passed_ += by.count();
  }

private:
  const timestamp begin_ = wall_clock();
  std::atomic<int64_t> passed_{0};
};

/// Waits for one call.
class listener final : public models::call_watcher {
public:
  void on_begin(const models::call_facts& facts) override;
  void on_takeover(const models::call_facts& facts,
                   const models::takeover& how) override;
  void on_delta(const models::answer_delta& piece) override;
  void on_end(const models::call_facts& facts,
              caf::expected<models::chat_response> answer) override;

  struct result {
    models::call_facts facts;
    caf::expected<models::chat_response> answer;
  };

  /// How it ended; waits for it, half a minute at most.
  result wait();

  /// Waits until so much text has come.
  void wait_for_text(size_t bytes);

  std::string text;
  size_t begun = 0;
  std::vector<models::takeover> takeovers;

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<result> end_;
};

/// A node with two models: `small` of the provider `one` and `big` of `two`.
/// A token of `small` costs a micro-dollar, one of `big` ten.
class desk_under_test {
public:
  explicit desk_under_test(costs::purse_rules rules = fast_rules());

  /// With these instead of `one` and `two`, whose silence is short.
  desk_under_test(models::routing_policy policy,
                  std::shared_ptr<models::provider> first,
                  std::shared_ptr<models::provider> second);

  /// With a clock that the test winds; *first* and *second* are those of above
  /// if they are null.
  desk_under_test(models::routing_policy policy,
                  std::shared_ptr<hand_clock> clock,
                  std::shared_ptr<models::provider> first = {},
                  std::shared_ptr<models::provider> second = {});

  ~desk_under_test();

  static costs::purse_rules fast_rules();

  /// The cheapest first.
  static models::routing_policy usual_policy();

  /// Stops the node and starts another on the same data.
  void restart();

  models::desk desk();

  /// As a worker asks it.
  models::desk_actor clerk();

  caf::actor_system& system();

  void set_policies(std::map<std::string, models::routing_policy> all);

  /// Changes what can be asked.
  void change(const std::function<void(models::model_stock&)>& how);

  /// Winds the clock, and has the desk look at it.
  void advance(duration by);

  /// Returns when the desk has done all that it was told before.
  void catch_up();

  models::chat_order order(const std::string& model,
                           uint32_t max_output_tokens = 100);

  std::shared_ptr<listener> call(const std::string& model,
                                 uint32_t max_output_tokens = 100);

  uint64_t call(models::chat_order what, std::shared_ptr<listener> by);

  void set_budget(const std::string& id, micro_usd limit);

  /// Has the ledger decide *what*, and the desk hear of it.
  void change(costs::ledger_command what);

  /// What the desk has learned so far.
  models::learner knows();

  /// What of it is in the file.
  models::learner written() const;

  /// The next start finds this instead of what was learned.
  void damage_lessons();

  /// What the node said that went wrong.
  std::vector<std::string> troubles();

  caf::error judge(const std::string& call, std::optional<bool> tests_passed,
                   std::optional<bool> accepted,
                   const std::string& of = "acme");

  costs::ledger_state ledger();

  /// Waits until the ledger is as *wanted* says.
  costs::ledger_state
  wait(const std::function<bool(const costs::ledger_state&)>& wanted);

  /// Waits until nothing is leased and *calls* lines are booked.
  costs::ledger_state rest(uint64_t calls);

  /// All lines of the ledger.
  std::vector<costs::call_line> lines();

  /// What is kept of why *call* went as it did.
  models::decision_record decision(const std::string& call);

  std::shared_ptr<obedient> one = std::make_shared<obedient>("one");
  std::shared_ptr<obedient> two = std::make_shared<obedient>("two");

private:
  void boot();

  temporary_directory dir_;
  costs::purse_rules rules_;
  models::routing_policy policy_ = usual_policy();
  std::shared_ptr<models::provider> first_ = one;
  std::shared_ptr<models::provider> second_ = two;
  duration patience_{60'000};
  std::shared_ptr<hand_clock> clock_;
  std::shared_ptr<models::catalogue_source> models_;
  std::mutex mutex_;
  std::vector<std::string> troubles_;
  std::unique_ptr<machine::node> node_;
};

} // namespace machine::test
