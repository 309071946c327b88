#include "tests/sim/people.hpp"

#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "tests/sim/generate.hpp"
#include "tests/sim/sim_machine.hpp"

namespace machine::sim {

using namespace orchestrator;

people::people(world& in) : in_(in) {
  in_.watching.listener = [this](const std::string& run,
                                 const run_event& event) {
    on_event(run, event);
  };
}

void people::begin() {
  auto runs = in_.luck.shape.happens("a second run", 4) ? 2 : 1;
  auto limited = in_.luck.shape.happens("runs wait for each other", 4);
  if (limited)
    runs = in_.luck.shape.between(2, 4);
  begin_beside({}, runs, limited);
  if (in_.luck.shape.happens("a second tenant", 3))
    begin_beside(mark_of_second, in_.luck.shape.between(1, 2), false);
}

void people::begin_beside(std::string_view whose, int runs, bool limited) {
  auto id = beside(whose, the_project);
  tracker::create_project made{"Default", std::nullopt};
  if (in_.luck.shape.happens("the project has a budget", 3))
    made.budget = in_.luck.shape.between<micro_usd>(500, 6'000);
  insist<project>(id, made,
                  [this, id] { return in_.watching.projects().contains(id); });
  if (limited)
    limit(id, 1);
  if (in_.luck.shape.happens("the tenant has a budget", 3))
    set_budget(whose);
  for (int i = 1; i <= runs; ++i)
    start(beside(whose, "r" + std::to_string(i)));
}

/// Of the tenant, or of its project, or of the first run.
void people::set_budget(std::string_view whose) {
  using costs::budget_scope;
  costs::set_budget what;
  what.what.id = "b";
  what.what.limit = in_.luck.shape.between<micro_usd>(300, 6'000);
  switch (in_.luck.shape.below(3)) {
    case 0:
      what.what.scope = budget_scope::project;
      what.what.subject = the_project;
      break;
    case 1:
      what.what.scope = budget_scope::run;
      what.what.subject = "r1";
      break;
    default: what.what.scope = budget_scope::tenant; break;
  }
  auto id = beside(whose, costs::ledger_id);
  insist<ledger>(id, what, [this, id] {
    auto& all = in_.watching.ledgers();
    auto i = all.find(id);
    return i != all.end() && !i->second.budgets.empty();
  });
}

void people::limit(const std::string& id, std::optional<uint32_t> runs) {
  tracker::change_project what{std::nullopt, tracker::runs_limit{runs}};
  insist<project>(id, what, [this, id, runs] {
    auto& all = in_.watching.projects();
    auto i = all.find(id);
    return i != all.end() && i->second.max_runs == runs;
  });
}

void people::start(const std::string& id) {
  auto graph = generator{in_.luck.shape}.make();
  create_run what;
  what.what.workflow_name = graph.name;
  what.what.workflow_hash = workflow_hash(graph);
  what.what.workflow.text = normal_form(graph);
  if (in_.luck.shape.chance(16)) {
    auto again = wire::from_json<workflow>(what.what.workflow.text);
    require(again.engaged() && *again == graph, "a workflow reads as the same",
            [&] { return what.what.workflow.text; });
  }
  what.what.inputs.text = "{}";
  what.what.title = "do it";
  what.what.project = the_project;
  what.what.budget = in_.luck.shape.between<micro_usd>(200, 4'000);
  if (in_.luck.shape.chance(3))
    what.what.priority = in_.luck.shape.between(0, 9);
  if (in_.luck.shape.happens("a workspace", 2))
    what.what.repository = "/repo";
  start_as(id, std::move(what.what));
}

void people::start_as(const std::string& id, run_created what) {
  in_.note("people", "start " + id + " " + what.workflow.text);
  started_.push_back(id);
  insist<run>(id, create_run{std::move(what)},
              [this, id] { return in_.watching.runs().contains(id); });
}

template <class E>
void people::insist(const std::string& id, typename E::command what,
                    std::function<bool()> done) {
  if (done())
    return;
  if (auto* there = in_.machine())
    there->send<E>(id, what, nullptr);
  in_.time.after(std::chrono::seconds{5}, life(),
                 [this, id, what = std::move(what), done = std::move(done)] {
                   insist<E>(id, what, done);
                 });
}

/// Where it hurts most.
void people::on_event(const std::string& run, const run_event& event) {
  auto& luck = in_.luck.people;
  auto bad = std::holds_alternative<effect_intended>(event)
          || std::holds_alternative<step_stopping>(event)
          || std::holds_alternative<block_stopping>(event)
          || std::holds_alternative<run_closing>(event)
          || std::holds_alternative<undo_started>(event)
          || std::holds_alternative<child_started>(event)
          || std::holds_alternative<attempt_started>(event)
          || std::holds_alternative<interrupt_opened>(event);
  auto copies = std::holds_alternative<history_copied>(event);
  if ((bad && luck.happens("somebody meddles at a bad moment", 50))
      || (copies && luck.happens("somebody meddles with a copy", 3)))
    in_.time.after(length{luck.between(0, 3'000)}, life(),
                   [this, run] { meddle_with(run); });
}

void people::meddle() {
  auto& runs = in_.watching.runs();
  if (runs.empty())
    return;
  auto& projects = in_.watching.projects();
  auto mine = projects.find(the_project);
  if (mine != projects.end() && mine->second.max_runs
      && in_.luck.people.chance(8)) {
    auto most = in_.luck.people.below(4);
    tracker::runs_limit wanted;
    if (most > 0)
      wanted.runs = static_cast<uint32_t>(most);
    if (auto* there = in_.machine())
      there->send<project>(
        the_project, tracker::change_project{std::nullopt, wanted}, nullptr);
    return;
  }
  auto i = runs.begin();
  std::advance(i, static_cast<ptrdiff_t>(in_.luck.people.below(runs.size())));
  meddle_with(i->first);
}

void people::meddle_with(const std::string& id) {
  auto& luck = in_.luck.people;
  auto found = in_.watching.runs().find(id);
  if (found == in_.watching.runs().end())
    return;
  auto& now = found->second;
  switch (luck.below(11)) {
    case 0:
      // Not so often: it is the end.
      if (luck.chance(2))
        return answer(id, now, true);
      in_.ask_run(id, cancel_run{"ann", "enough",
                                 luck.chance(3) ? cancel_mode::leave
                                                : cancel_mode::undo});
      return;
    case 1:
      // Whoever is late for the one may still be early for the other.
      if (now.phase == run_phase::ended)
        in_.ask_run(id, archive_run{"ann"});
      else
        in_.ask_run(id, pause_run{"ann", "wait"});
      return;
    case 2:
      if (now.phase == run_phase::ended)
        in_.ask_run(id, unarchive_run{"ann"});
      else
        in_.ask_run(id, resume_run{"ann"});
      return;
    case 9:
      // Those go on while this one does, too.
      if (!luck.chance(3))
        return fork(id);
      return now.phase == run_phase::ended ? retry(id) : rerun(id);
    case 8:
      in_.ask_run(id, pause_run{"ann", "wait"});
      in_.time.after(length{luck.between(0, 10'000'000)}, life(),
                     [this, id] { in_.ask_run(id, resume_run{"ann"}); });
      return;
    case 3:
    case 4: {
      signal_run x{luck.chance(2) ? "go" : "stop", {"5"}, "ann", std::nullopt};
      if (luck.chance(2))
        x.key = "k" + std::to_string(keys_ += luck.below(2));
      in_.ask_run(id, x);
      return;
    }
    default: answer(id, now, !luck.chance(4));
  }
}

void people::answer(const std::string& id, const run_state& now, bool well) {
  auto& luck = in_.luck.people;
  std::vector<interrupt> open;
  for (auto& [name, x] : now.interrupts)
    if (x.phase == interrupt_phase::open)
      open.push_back(x);
  if (open.empty())
    return;
  auto& asked = luck.pick(open);
  if (well)
    in_.ask_run(id, good_answer(id, asked, !luck.chance(3)));
  else
    in_.ask_run(id, answer_interrupt{asked.id, {R"("x")"}, "ann"});
}

run::command people::good_answer(const std::string& id, const interrupt& asked,
                                 bool kind) {
  std::string text = "3";
  if (is_reconciliation(asked)) {
    // Whoever looks sees it.
    auto effect = asked.id.substr(asked.id.find(':') + 1);
    effect = effect.substr(0, effect.find('/'));
    auto happened = in_.beyond.at(id, effect).times > 0;
    text = std::string{R"({"happened":)"} + (happened ? "true}" : "false}");
  } else if (is_loop_question(asked)) {
    text = R"("continue")";
  } else if (asked.schema.text.find("approved") != std::string::npos) {
    text = std::string{R"({"approved":)"} + (kind ? "true}" : "false}");
  }
  return answer_interrupt{asked.id, {text}, "ann"};
}

bool people::be_fair() {
  auto waited = false;
  for (auto& [id, now] : in_.watching.runs()) {
    if (now.phase == run_phase::ended)
      continue;
    if (now.phase == run_phase::running && now.paused) {
      in_.ask_run(id, resume_run{"bob"});
      waited = true;
    }
    for (auto& [name, x] : now.interrupts)
      if (x.phase == interrupt_phase::open) {
        in_.ask_run(id, good_answer(id, x, true));
        waited = true;
      }
    for (auto& [name, x] : now.activations)
      if (x.phase == activation_phase::waiting && x.signal) {
        in_.ask_run(id, signal_run{*x.signal, {"5"}, "bob", std::nullopt});
        waited = true;
      }
  }
  return waited;
}

bool people::all_over() const {
  return open_run().empty();
}

std::string people::open_run() const {
  auto& runs = in_.watching.runs();
  for (auto& id : started_)
    if (!runs.contains(id))
      return id;
  for (auto& [id, now] : runs)
    if (now.phase != run_phase::ended || !run::idle(now))
      return id;
  return {};
}

} // namespace machine::sim
