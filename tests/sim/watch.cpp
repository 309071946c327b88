#include "tests/sim/watch.hpp"

#include "actors/orchestrator/run/find.hpp"
#include "actors/tracker/places.hpp"
#include "runtime/entity/load.hpp"

namespace machine::sim {

using namespace orchestrator;

namespace {

std::string entity_of(const std::string& stream) {
  return stream.substr(stream.find('/') + 1);
}

template <class T>
void check_round_trip(const std::string& stream, const T& value) {
  auto again = wire::from_msgpack<T>(wire::to_msgpack(value));
  require(again.engaged() && *again == value,
          "what is written reads as the same", [&] { return stream; });
}

/// The activation and the token under which something is said.
struct token_reader {
  using result = std::optional<std::pair<std::string, uint64_t>>;

  result operator()(const finish_prepare& x) const {
    return std::pair{std::string{"@prepare"}, x.token};
  }

  result operator()(const finish_publish& x) const {
    return std::pair{std::string{"@publish"}, x.token};
  }

  template <class Command>
  result operator()(const Command& x) const {
    if constexpr (requires {
                    x.activation;
                    x.token;
                  })
      return std::pair{x.activation, x.token};
    else
      return std::nullopt;
  }
};

} // namespace

void watch::on_append(const sim_append& what, uint64_t first_seq) {
  if (what.stream.starts_with("run/"))
    on_run(entity_of(what.stream), what, first_seq);
  else if (what.stream.starts_with("ledger/"))
    on_ledger(entity_of(what.stream), what);
  else
    on_project(entity_of(what.stream), what);
}

void watch::on_ledger(const std::string& id, const sim_append& what) {
  auto& now = ledgers_[id];
  for (auto& payload : what.payloads) {
    auto x = wire::from_msgpack<entity::recorded<costs::ledger_event>>(payload);
    require(x.engaged(), "a log reads", [&] { return what.stream; });
    ++events_;
    if (note_)
      note_(id.c_str(), wire::to_json(x->event));
    if (auto* lines = std::get_if<costs::calls_booked>(&x->event))
      for (auto& line : lines->lines)
        lined_[beside(id, line.whose.run)] += line.cost;
    costs::ledger::apply(now, x->event, x->at);
    check_budgets(now);
  }
}

void watch::on_run(const std::string& id, const sim_append& what,
                   uint64_t first) {
  auto& seq = seqs_[what.stream];
  require(first == seq + 1, "a log has no gaps", [&] { return what.stream; });
  auto& state = runs_[id];
  auto& past = histories_[id];
  if (past == nullptr)
    past = std::make_unique<history>(id, [this, id](const std::string& run) {
      return has_ended(beside(id, run));
    });
  for (auto& payload : what.payloads) {
    auto x = wire::from_msgpack<entity::recorded<run_event>>(payload);
    require(x.engaged(), "a log reads", [&] { return what.stream; });
    ++seq;
    ++events_;
    if (note_)
      note_(id.c_str(),
            "#" + std::to_string(seq) + " " + wire::to_json(x->event));
    if (events_ % 8 == 0)
      require(wire::to_msgpack(*x) == payload,
              "what is written reads as the same", [&] { return what.stream; });
    // It may be put away, and taken out again.
    require(state.phase != run_phase::ended || !run::idle(state)
              || std::holds_alternative<run_archived>(x->event)
              || std::holds_alternative<run_unarchived>(x->event),
            "nothing changes of a run that is settled",
            [&] { return what.stream; });
    check_life(id, x->event);
    check_time(id, state, *x);
    check_retry(id, state, *x);
    past->note(x->event);
    run::apply(state, x->event, x->at);
    if (listener)
      listener(id, x->event);
  }
}

void watch::on_project(const std::string& id, const sim_append& what) {
  auto& now = projects_[id];
  for (auto& payload : what.payloads) {
    auto x =
      wire::from_msgpack<entity::recorded<tracker::project_event>>(payload);
    require(x.engaged(), "a log reads", [&] { return what.stream; });
    ++events_;
    if (note_)
      note_(("project " + id).c_str(), wire::to_json(x->event));
    if (auto* charge = std::get_if<tracker::charge_booked>(&x->event))
      booked_[beside(id, charge->run)] += charge->cost;
    if (auto* lease = std::get_if<tracker::budget_leased>(&x->event))
      check_place(now, *lease);
    tracker::project::apply(now, x->event, x->at);
    check_project(now);
  }
  require(!tracker::is_place_free(now) || tracker::queue_of(now).empty(),
          "no place is free while a run waits",
          [&] { return tracker::queue_of(now).front().run; });
}

/// What is stopped for its time has had all of it.
void watch::check_time(const std::string& id, const run_state& now,
                       const entity::recorded<run_event>& next) {
  // Of a copy, what the machine made for that one is not there.
  if (std::holds_alternative<history_ended>(next.event)
      || std::holds_alternative<workspace_opened>(next.event))
    began_[id] = next.at;
  auto* stop = std::get_if<step_stopping>(&next.event);
  auto* there = stop ? find_activation(now, stop->activation) : nullptr;
  auto* what = there ? find_step(now, there->step) : nullptr;
  // Others stop with what is in them, or around them.
  if (what == nullptr || !there->deadline || *there->deadline > next.at)
    return;
  auto from = *there->started_at;
  if (auto i = began_.find(id); i != began_.end())
    from = std::max(from, i->second);
  require(next.at - from >= *what->step_timeout,
          "what has to end in time has all of it",
          [&] { return id + ": " + stop->activation; });
}

/// What is tried again does something.
void watch::check_retry(const std::string& id, const run_state& now,
                        const entity::recorded<run_event>& next) {
  if (!next.together)
    retries_.erase(id);
  // Somebody may say no before it goes on.
  if (std::holds_alternative<interrupt_answered>(next.event))
    answered_.insert(id);
  auto& origin = now.created.origin;
  if (origin && origin->retry && !answered_.contains(id)
      && (std::holds_alternative<history_ended>(next.event)
          || std::holds_alternative<workspace_opened>(next.event)))
    retries_.insert(id);
  auto* end = std::get_if<run_closing>(&next.event);
  require(end == nullptr || end->result != run_result::failed
            || !retries_.contains(id),
          "what is tried again does something", [&] { return id; });
}

bool watch::waits_for_place(const std::string& id) const {
  auto& now = runs_.at(id);
  auto project = projects_.find(beside(id, now.created.project));
  return now.phase == run_phase::queued && project != projects_.end()
      && !tracker::is_place_free(project->second);
}

void watch::on_loaded(const std::string& stream, const run_state& state,
                      uint64_t seq) const {
  auto i = runs_.find(entity_of(stream));
  require(i == runs_.end() ? seq == 0 : i->second == state,
          "a log that is read again makes the same state",
          [&] { return stream; });
}

void watch::on_loaded(const std::string& stream, const project_state& state,
                      uint64_t seq) const {
  auto i = projects_.find(entity_of(stream));
  require(i == projects_.end() ? seq == 0 : i->second == state,
          "a log that is read again makes the same state",
          [&] { return stream; });
}

void watch::on_loaded(const std::string& stream, const ledger_state& state,
                      uint64_t seq) const {
  auto i = ledgers_.find(entity_of(stream));
  require(i == ledgers_.end() ? seq == 0 : i->second == state,
          "a log that is read again makes the same state",
          [&] { return stream; });
}

void watch::on_committed(const std::string& stream, const run_state& state,
                         uint64_t seq) {
  on_loaded(stream, state, seq);
  if (++commits_ % 16 == 0)
    check_round_trip(stream, state);
  check_run(entity_of(stream), state);
}

void watch::on_committed(const std::string& stream, const project_state& state,
                         uint64_t seq) {
  on_loaded(stream, state, seq);
  if (++commits_ % 16 == 0)
    check_round_trip(stream, state);
}

void watch::on_committed(const std::string& stream, const ledger_state& state,
                         uint64_t seq) {
  on_loaded(stream, state, seq);
  if (++commits_ % 16 == 0)
    check_round_trip(stream, state);
}

std::optional<std::string> watch::on_command(const std::string& id,
                                             const run_state& state,
                                             const run_command& what) {
  auto said = std::visit(token_reader{}, what);
  if (!said)
    return std::nullopt;
  auto* there = find_activation(state, said->first);
  if (there != nullptr && said->second != 0 && there->token == said->second)
    return std::nullopt;
  return id + ": " + wire::to_json(what);
}

void watch::on_decided(const std::string&,
                       const std::optional<std::string>& stale, size_t events) {
  require(!stale || events == 0, "an old token changes nothing",
          [&] { return *stale; });
}

void watch::on_effect_begins(const std::string& run, const std::string& effect,
                             uint32_t times) const {
  auto name = [&] { return run + ": " + effect; };
  auto past = histories_.find(run);
  require(past != histories_.end(), "no effect without its intent", name);
  auto& all = past->second->effects();
  auto i = all.find(effect);
  require(i != all.end(), "no effect without its intent", name);
  auto& there = i->second;
  require(there.phase != history::effect_phase::done,
          "what is done is not done again", name);
  require(there.phase == history::effect_phase::open,
          "no effect without its intent", name);
  require(there.idempotent || times <= there.denials,
          "what may not be repeated is not, unless somebody says so", name);
}

bool watch::has_ended(const std::string& run) const {
  auto i = histories_.find(run);
  // One that was refused before it began has no log.
  return i == histories_.end() || i->second->ended();
}

} // namespace machine::sim
