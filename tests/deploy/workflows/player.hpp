#pragma once

#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "actors/orchestrator/workflow/json_schema.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "runtime/entity/draft.hpp"
#include "runtime/wire/wire.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace machine::test {

/// How a step went: an output, or a failure with a code and an output.
struct performed {
  std::string output;
  std::string code;
};

/// Plays the workers of a run: the core decides, a test performs.
class player {
public:
  using run = orchestrator::run;
  using perform = std::function<performed(const orchestrator::attempt_order&)>;

  player(const orchestrator::workflow& graph, const std::string& inputs,
         perform how)
      : how_(std::move(how)) {
    auto filled = orchestrator::apply_defaults(graph.inputs, {inputs});
    if (!filled)
      FAIL(render(filled.error()));
    if (auto valid = orchestrator::validate(graph.inputs, *filled); !valid)
      FAIL(render(valid.error()));
    orchestrator::run_created what;
    what.workflow_name = graph.name;
    what.workflow = {orchestrator::normal_form(graph)};
    what.inputs = *filled;
    what.title = "A title";
    what.project = "default";
    what.repository = "/src";
    what.budget = 1'000'000;
    tell(orchestrator::create_run{what});
    tell(orchestrator::grant_budget{what.budget});
    while (!orders_.empty()) {
      auto order = orders_.front();
      orders_.pop_front();
      work(order);
    }
  }

  /// Answers the open question.
  void answer(const std::string& json) {
    for (auto& [name, x] : state.interrupts)
      if (x.phase == orchestrator::interrupt_phase::open) {
        tell(orchestrator::answer_interrupt{x.id, {json}, "somebody"});
        break;
      }
    while (!orders_.empty()) {
      auto order = orders_.front();
      orders_.pop_front();
      work(order);
    }
  }

  /// What the step did, in the order in which it began: `id` or `id!` if it
  /// failed; skipped ones are left out.
  std::vector<std::string> history() const {
    std::vector<std::string> result;
    std::vector<const orchestrator::activation*> all;
    for (auto& [name, x] : state.activations)
      all.push_back(&x);
    std::sort(all.begin(), all.end(),
              [](auto* x, auto* y) { return x->number < y->number; });
    for (auto* x : all) {
      if (x->phase == orchestrator::activation_phase::skipped
          || x->id.starts_with('@'))
        continue;
      auto failed = x->phase == orchestrator::activation_phase::failed;
      result.push_back(x->id + (failed ? "!" : ""));
    }
    return result;
  }

  orchestrator::run_state state;
  /// The orders that were performed, by activation.
  std::map<std::string, orchestrator::attempt_order> orders;

private:
  void work(const orchestrator::attempt_order& x) {
    orders[x.activation] = x;
    if (x.kind == orchestrator::attempt_kind::prepare) {
      tell(orchestrator::finish_prepare{x.token, "/d", "b", "c"});
    } else if (x.kind == orchestrator::attempt_kind::publish) {
      orchestrator::finish_publish done;
      done.token = x.token;
      tell(done);
    } else if (auto result = how_(x); result.code.empty()) {
      tell(orchestrator::finish_attempt{
        x.activation, x.token, {result.output}, std::nullopt});
    } else {
      orchestrator::fail_attempt failed;
      failed.activation = x.activation;
      failed.token = x.token;
      failed.code = result.code;
      failed.message = "it says no";
      failed.output = {result.output};
      tell(failed);
    }
  }

  void tell(const orchestrator::run_command& what) {
    entity::context ctx{{"default", "r-1"}, timestamp{}, 7};
    entity::draft<run> to{state, ctx};
    if (auto refused = run::decide(to, what))
      FAIL(render(refused));
    for (auto& effect : to.take_effects())
      if (auto* x = std::get_if<orchestrator::start_attempt>(&effect))
        orders_.push_back(x->order);
  }

  perform how_;
  std::deque<orchestrator::attempt_order> orders_;
};

} // namespace machine::test
