#pragma once

#include "runtime/entity/alarm_clock.hpp"
#include "runtime/entity/commit.hpp"
#include "runtime/entity/decision_desk.hpp"
#include "runtime/entity/gate.hpp"
#include "runtime/entity/load.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace machine::entity {

template <class E>
class entity_state {
public:
  static inline const char* name = "entity";

  using self_pointer =
    typename entity_actor<E>::template stateful_pointer<entity_state>;

  entity_state() = default;

  entity_state(const entity_state&) = delete;
  entity_state& operator=(const entity_state&) = delete;

  ~entity_state() {
    if (committing_)
      uses_.shards->unsettle(entity_->shard);
  }

  void start(self_pointer self, region_actor<E> region,
             std::shared_ptr<append_gate> gate, key id, services<E> uses) {
    self_ = self;
    region_ = std::move(region);
    gate_ = std::move(gate);
    inbox_ = inbox<E>{id.id};
    id_ = std::move(id);
    uses_ = std::move(uses);
    desk_ = decision_desk<E>{id_, gate_};
    // Whoever waits is answered when the state goes; see `answer`.
    self_->set_exception_handler(
      [](std::exception_ptr& what) { return error_of(what); });
    load_log();
  }

  caf::typed_response_promise<outcome<E>>
  command(typename E::command what,
          std::optional<uint64_t> if_last_seq = std::nullopt) {
    auto result = self_->template make_response_promise<outcome<E>>();
    inbox_.add_command(
      {{std::move(what), if_last_seq}, answer<outcome<E>>{result}});
    use();
    return result;
  }

  caf::typed_response_promise<typename E::state> inspect() {
    auto result = self_->template make_response_promise<typename E::state>();
    inbox_.add_reader(answer<typename E::state>{result});
    use();
    return result;
  }

  caf::typed_response_promise<bool> erase() {
    auto result = self_->template make_response_promise<bool>();
    inbox_.add_eraser(answer<bool>{result});
    use();
    return result;
  }

  void repeat() {
    effects_due_ = true;
    use();
  }

  void on_loaded() {
    auto read = std::exchange(loading_, nullptr);
    if (!read->entity) {
      on_load_failed(
        with_context(to_string(stream_of<E>(id_)), read->entity.error()));
      return;
    }
    entity_ = std::make_shared<loaded_entity<E>>(std::move(*read->entity));
    snapshot_from_ = entity_->snapshot_seq;
    ready_ = true;
    if (doubtful_)
      settle(doubtful_->erasers.empty() ? read->durable
                                        : entity_->last_seq == 0);
    // What was committed before may not have been published.
    if (std::exchange(fresh_, false) && entity_->last_seq > 0)
      publish(entity_->last_seq + 1, {});
    use();
  }

  void on_decided() {
    conclude();
    go_on();
  }

  void on_committed() {
    auto commit = std::exchange(committing_, nullptr);
    if (*commit->result) {
      alarm_.recover();
      finish(*commit);
      go_on();
      return;
    }
    auto code = code_of(commit->result->error());
    if (code == ec::fenced || code == ec::conflict) {
      end(*commit);
      return;
    }
    reconsider(std::move(commit));
  }

  void on_wake(uint64_t number) {
    if (!alarm_.fires(number))
      return;
    if (ready_ && !busy()) {
      auto now = uses_.now();
      if (is_due(now)) {
        if (auto what = E::on_wake())
          inbox_.add_own(std::move(*what));
        else
          pause();
      } else if (may_leave() && used_at_ + uses_.idle_timeout <= now) {
        self_->send(region_, atom::idle_v, id_);
        return;
      }
    }
    go_on();
  }

  void passivate() {
    // What came in between may have given it work.
    if (may_leave())
      self_->quit();
    else
      self_->send(region_, atom::stay_v, id_);
  }

private:
  /// Whether the state has what is not durable yet, or is not at hand.
  bool busy() const {
    return desk_.busy() || committing_;
  }

  bool may_leave() const {
    return ready_ && inbox_.empty() && !busy() && !effects_due_
        && E::idle(entity_->state);
  }

  bool is_due(timestamp now) const {
    auto at = E::wake_at(entity_->state);
    return at && *at <= now;
  }

  void load_log() {
    auto slot = std::make_shared<load_result<E>>(
      load_result<E>{make_error(ec::unavailable)});
    loading_ = slot;
    std::shared_ptr<const std::vector<bytes>> doubtful;
    if (doubtful_ && !doubtful_->unfit)
      doubtful = doubtful_->payloads;
    auto job = [slot, doubtful, id = id_, uses = uses_,
                first_seq = doubtful_ ? doubtful_->first_seq : 0,
                me = entity_actor<E>{self_}]() mutable {
      *slot = load_and_compare<E>(uses, id, doubtful.get(), first_seq);
      slot = nullptr;
      caf::anon_send(me, atom::loaded_v);
    };
    if (auto err = uses_.pool->post(std::move(job))) {
      slot->entity = std::move(err);
      self_->send(entity_actor<E>{self_}, atom::loaded_v);
    }
  }

  void on_load_failed(const caf::error& why) {
    if (doubtful_)
      doubtful_->refuse(doubtful_->result->error());
    inbox_.fail_all(why);
    switch (code_of(why)) {
      case ec::io_failed:
      case ec::overloaded:
      case ec::storage_full:
      case ec::timeout:
      case ec::unavailable:
        // It may have something to do that nobody will ask for.
        pause();
        return;
      default:
        if (uses_.failed)
          uses_.failed(id_, why);
        self_->quit();
    }
  }

  /// The log has been read again after an append that failed.
  void settle(bool durable) {
    auto commit = std::exchange(doubtful_, nullptr);
    if (durable) {
      finish(*commit);
      return;
    }
    if (commit->unfit && commit->commands.size() > 1) {
      // One of them is to blame: alone, each answers for itself.
      desk_.decide_singly(commit->commands.size());
      for (auto i = commit->commands.rbegin(); i != commit->commands.rend();
           ++i)
        inbox_.put_back(std::move(i->command));
      return;
    }
    commit->refuse(commit->result->error());
    if (entity_->last_seq >= commit->first_seq)
      effects_due_ = true;
  }

  /// The log is somebody else's.
  void end(commit_in_flight<E>& commit) {
    auto& why = commit.result->error();
    // Nobody's command is refused by that, neither with an append of an earlier
    // life of this entity nor with another owner: it is to be read, and to go
    // on with. Whoever asked must not take it for an answer of the core's.
    auto again =
      make_error(ec::unavailable, std::string{E::kind} + " " + id_.id
                                    + " is being read again; ask again");
    commit.refuse(again);
    inbox_.fail_all(again);
    if (code_of(why) == ec::fenced)
      static_cast<void>(uses_.pool->post(
        [shards = uses_.shards, shard = entity_->shard,
         epoch = entity_->epoch] { shards->lost(shard, epoch); }));
    // It may be that the shard comes back at once, and the entity has something
    // to do that nobody will ask for.
    self_->quit(why);
  }

  /// Somebody needs the entity.
  void use() {
    used_at_ = uses_.now();
    go_on();
  }

  /// Does all that can be done now.
  void go_on() {
    if (!ready_) {
      if (!loading_)
        load_log();
      return;
    }
    while (ready_ && !busy()) {
      catch_up();
      if (!inbox_.has_commands()) {
        answer_readers();
        if (inbox_.has_erasers()) {
          erase_log();
          continue;
        }
        arm();
        return;
      }
      if (!decide_waiting())
        return;
    }
  }

  /// Does what has to be done after loading. The state is durable.
  void catch_up() {
    if (entity_->last_seq == 0)
      effects_due_ = false;
    if (std::exchange(effects_due_, false))
      for (auto& effect : E::outstanding(entity_->state, id_))
        uses_.perform(id_, effect);
  }

  /// Decides what waits, or has it decided elsewhere.
  /// @returns false if nobody can do so now.
  bool decide_waiting() {
    using begun = typename decision_desk<E>::begun;
    switch (desk_.begin(inbox_, entity_, uses_, entity_actor<E>{self_})) {
      case begun::done: conclude(); return true;
      case begun::elsewhere: return true;
      case begun::refused: pause(); return false;
      case begun::takes_long: break;
    }
    ready_ = false;
    load_log();
    return true;
  }

  /// Hands what was decided to the store, in one append.
  void conclude() {
    auto [plan, woken] = desk_.take(inbox_);
    if (plan.commit->unfit) {
      reconsider(std::move(plan.commit));
      return;
    }
    if (plan.payloads.empty()) {
      // It would be woken again at once, to no other end.
      if (woken && is_due(uses_.now()))
        pause();
      finish(*plan.commit);
      return;
    }
    plan.batch.streams.push_back(
      {stream_of<E>(id_), plan.commit->first_seq - 1, plan.payloads,
       E::summarise(entity_->state, id_), take_snapshot()});
    plan.commit->payloads =
      std::make_shared<const std::vector<bytes>>(std::move(plan.payloads));
    append(std::move(plan.batch), std::move(plan.commit));
  }

  /// Nothing else waits.
  void erase_log() {
    append_plan<E> plan{*entity_};
    plan.commit->erasers = inbox_.take_erasers();
    if (auto err = entity_->last_seq == 0
                   ? does_not_exist<E>(id_)
                   : check_erasable<E>(entity_->state, id_)) {
      plan.commit->refuse(err);
      return;
    }
    plan.erase(*entity_, context{id_, uses_.now(), uses_.random()});
    append(std::move(plan.batch), std::move(plan.commit));
  }

  /// What was decided is not in the log, or it is and somebody said otherwise:
  /// the log knows.
  void reconsider(std::unique_ptr<commit_in_flight<E>> commit) {
    doubtful_ = std::move(commit);
    ready_ = false;
    pause();
    load_log();
  }

  /// The state, if it is time for a snapshot and the store takes one so large.
  std::optional<store::snapshot> take_snapshot() {
    if (entity_->last_seq - snapshot_from_ < uses_.snapshot_every)
      return std::nullopt;
    // Also where there is none: encoding a large state is not for each append.
    snapshot_from_ = entity_->last_seq;
    auto image = wire::to_msgpack(entity_->state);
    if (image.size() > store::max_snapshot_bytes)
      return std::nullopt;
    return store::snapshot{entity_->last_seq, E::snapshot_schema,
                           std::move(image)};
  }

  void append(store::batch batch, std::unique_ptr<commit_in_flight<E>> commit) {
    committing_ = std::move(commit);
    entity_actor<E> me{self_};
    if (auto err = store::check_batch(batch, uses_.shards->count())) {
      committing_->unfit = true;
      *committing_->result = std::move(err);
      self_->send(me, atom::committed_v);
      return;
    }
    auto passed = gate_->pass([&] {
      uses_.engine->append(std::move(batch), [me, result = committing_->result](
                                               caf::expected<void> x) {
        *result = std::move(x);
        caf::anon_send(me, atom::committed_v);
      });
    });
    if (!passed)
      self_->send(me, atom::committed_v);
  }

  /// Tells the world what is now durable.
  void finish(commit_in_flight<E>& commit) {
    // They have more, whatever its number is.
    for (auto& topic : commit.topics)
      self_->send(uses_.feed, atom::publish_v,
                  published{topic, UINT64_MAX, {}});
    if (!commit.erasers.empty()) {
      forget();
      for (auto& x : commit.erasers)
        x.deliver(true);
      return;
    }
    for (auto& x : commit.commands) {
      if (x.result)
        x.command.to.deliver(std::move(*x.result));
      else
        x.command.to.deliver(std::move(x.result.error()));
    }
    if (commit.payloads)
      publish(commit.first_seq, *commit.payloads);
    for (auto& effect : commit.effects)
      uses_.perform(id_, effect);
    answer_readers();
  }

  /// There is no log any more, and nothing to stay for.
  void forget() {
    entity_->state = {};
    entity_->last_seq = 0;
    snapshot_from_ = 0;
    answer_readers();
    self_->send(region_, atom::idle_v, id_);
  }

  void publish(uint64_t first_seq, std::vector<bytes> payloads) {
    self_->send(uses_.feed, atom::publish_v,
                published{stream_of<E>(id_), first_seq, std::move(payloads)});
  }

  /// The state must be durable.
  void answer_readers() {
    if (entity_->last_seq == 0)
      inbox_.answer_readers(does_not_exist<E>(id_));
    else
      inbox_.answer_readers(entity_->state);
  }

  /// Sets the alarm to the time that the core wants, or to the end of the idle
  /// time.
  void arm() {
    auto now = uses_.now();
    auto at = E::wake_at(entity_->state);
    if (E::idle(entity_->state)) {
      // A clock that was set back must not make this a long time.
      used_at_ = std::min(used_at_, now);
      timestamp end = used_at_ + uses_.idle_timeout;
      at = at ? std::min(*at, end) : end;
    }
    if (at)
      wake_after(alarm_.set(now, *at));
  }

  /// From now on nothing is done that nobody asks for, for a while.
  void pause() {
    wake_after(alarm_.pause());
  }

  void wake_after(const std::optional<alarm_clock::timer>& timer) {
    if (timer)
      self_->delayed_send(entity_actor<E>{self_}, timer->wait, atom::wake_v,
                          timer->number);
  }

  self_pointer self_ = nullptr;
  region_actor<E> region_;
  std::shared_ptr<append_gate> gate_;
  key id_;
  services<E> uses_;
  /// Never null. Whoever decides elsewhere shares it.
  std::shared_ptr<loaded_entity<E>> entity_ =
    std::make_shared<loaded_entity<E>>();
  inbox<E> inbox_;
  std::shared_ptr<load_result<E>> loading_;
  decision_desk<E> desk_;
  std::unique_ptr<commit_in_flight<E>> committing_;
  /// Of it, the log is being asked whether it happened.
  std::unique_ptr<commit_in_flight<E>> doubtful_;
  /// Where the events begin that are in no snapshot.
  uint64_t snapshot_from_ = 0;
  timestamp used_at_{};
  alarm_clock alarm_;
  bool ready_ = false;
  bool fresh_ = true;
  bool effects_due_ = true;
};

/// The one actor of all durable entities: loads, decides, commits, answers,
/// publishes, reacts, in this order.
template <core E>
typename entity_actor<E>::behavior_type durable(
  typename entity_actor<E>::template stateful_pointer<entity_state<E>> self,
  region_actor<E> region, std::shared_ptr<append_gate> gate, key id,
  services<E> uses) {
  auto& state = self->state;
  state.start(self, std::move(region), std::move(gate), std::move(id),
              std::move(uses));
  return {
    [&state](atom::command, typename E::command& what) {
      return state.command(std::move(what));
    },
    [&state](atom::command, typename E::command& what, uint64_t last_seq) {
      return state.command(std::move(what), last_seq);
    },
    [&state](atom::inspect) { return state.inspect(); },
    [&state](atom::erase) { return state.erase(); },
    [](atom::activate) {},
    [&state](atom::repeat) { state.repeat(); },
    [&state](atom::passivate) { state.passivate(); },
    [&state](atom::loaded) { state.on_loaded(); },
    [&state](atom::decided) { state.on_decided(); },
    [&state](atom::committed) { state.on_committed(); },
    [&state](atom::wake, uint64_t number) { state.on_wake(number); },
  };
}

} // namespace machine::entity
