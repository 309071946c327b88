#pragma once

#include "runtime/entity/alarm_clock.hpp"
#include "runtime/entity/load.hpp"
#include "runtime/entity/prepare.hpp"
#include "tests/sim/entity_host.hpp"
#include "tests/sim/world.hpp"

#include <deque>

namespace machine::sim {

/// The shell of an entity, as `runtime/entity/actor.hpp` has it: loads,
/// decides, commits, answers, reacts, in this order.
template <class E>
class sim_entity : public mortal {
public:
  sim_entity(world& in, entity_host<E>& host, std::string id)
      : in_(in), host_(host), id_(std::move(id)),
        stream_(std::string{E::kind} + "/" + id_) {
    load();
  }

  void command(typename E::command what, answer to) {
    waiting_.push_back({std::move(what), std::move(to), false});
    use();
  }

  /// Somebody has forgotten what was asked for.
  void repeat() {
    effects_due_ = true;
    use();
  }

private:
  struct waiting {
    typename E::command what;
    answer to;
    bool from_alarm = false;
  };

  struct commit {
    std::vector<std::pair<answer, caf::error>> replies;
    std::vector<typename E::effect> effects;
    std::vector<bytes> payloads;
    uint64_t first_seq = 0;
    caf::error why;
  };

  entity::key key() const {
    return key_of(id_);
  }

  void load() {
    ready_ = false;
    loading_ = true;
    in_.time.after(length{in_.luck.time.between(100, 3'000)}, life(),
                   [this] { on_loaded(); });
  }

  void on_loaded() {
    loading_ = false;
    if (in_.luck.faults.happens("an entity cannot be read", 100)) {
      pause();
      waiting_.clear();
      return;
    }
    epoch_ = in_.store.claim(stream_);
    state_ = {};
    seq_ = 0;
    auto& log = in_.store.at(stream_);
    if (log.snapshot) {
      auto image = wire::from_msgpack<typename E::state>(log.snapshot->second);
      require(image.engaged(), "a snapshot reads", [&] { return stream_; });
      state_ = std::move(*image);
      seq_ = log.snapshot->first;
    }
    for (; seq_ < log.payloads.size(); ++seq_) {
      auto err = entity::apply_payload<E>(state_, log.payloads[seq_]);
      require(!err, "a log reads", [&] { return stream_; });
    }
    in_.watching.on_loaded(stream_, state_, seq_);
    ready_ = true;
    if (doubtful_)
      settle();
    use();
  }

  void settle() {
    auto was = std::exchange(doubtful_, nullptr);
    auto& log = in_.store.at(stream_).payloads;
    auto durable = log.size() >= was->first_seq - 1 + was->payloads.size();
    for (size_t i = 0; durable && i < was->payloads.size(); ++i)
      durable = log[was->first_seq - 1 + i] == was->payloads[i];
    if (durable && !was->payloads.empty()) {
      finish(*was);
      return;
    }
    for (auto& [to, err] : was->replies)
      if (to)
        to->deliver(was->why);
    if (seq_ >= was->first_seq)
      effects_due_ = true;
  }

  void use() {
    used_at_ = in_.wall();
    go_on();
  }

  void go_on() {
    if (!ready_) {
      if (!loading_)
        load();
      return;
    }
    while (ready_ && !busy()) {
      if (seq_ == 0)
        effects_due_ = false;
      if (std::exchange(effects_due_, false))
        for (auto& x : E::outstanding(state_, key()))
          host_.perform(id_, x);
      if (waiting_.empty()) {
        arm();
        return;
      }
      asked_ = std::exchange(waiting_, {});
      if (in_.luck.thought.happens("a decision takes long", 20))
        think();
      else
        decide();
    }
  }

  /// Decides elsewhere: what comes meanwhile waits.
  void think() {
    thinking_ = true;
    in_.time.after(length{in_.luck.thought.between(10, 2'000'000)}, life(),
                   [this] {
                     thinking_ = false;
                     decide();
                     go_on();
                   });
  }

  bool busy() const {
    return thinking_ || committing_;
  }

  bool is_due() const {
    auto at = E::wake_at(state_);
    return at && *at <= in_.wall();
  }

  void decide() {
    auto made = std::make_unique<commit>();
    made->first_seq = seq_ + 1;
    bool woken = false;
    while (!asked_.empty()) {
      auto next = std::move(asked_.front());
      asked_.pop_front();
      woken |= next.from_alarm;
      entity::context ctx{key(), in_.wall(), in_.luck.work.next()};
      auto before = in_.watching.on_command(id_, state_, next.what);
      auto decided = entity::prepare<E>(state_, next.what, ctx);
      if (auto* no = std::get_if<entity::refusal>(&decided)) {
        note(next.what, &no->why);
        require(!no->spoilt, "a refusal comes before the first event",
                [&] { return stream_ + ": " + message_of(no->why); });
        made->replies.emplace_back(std::move(next.to), no->why);
        continue;
      }
      note(next.what, nullptr);
      auto& yes = std::get<entity::prepared<E>>(decided);
      in_.watching.on_decided(id_, before, yes.events.size());
      seq_ += yes.events.size();
      if (next.to && next.to->events)
        *next.to->events = yes.events;
      append_to(yes.effects, made->effects);
      append_to(yes.payloads, made->payloads);
      for (auto& content : yes.blobs)
        in_.store.keep(std::move(content));
      made->replies.emplace_back(std::move(next.to), caf::none);
    }
    if (made->payloads.empty()) {
      if (woken && is_due())
        pause();
      finish(*made);
      return;
    }
    sim_append log{stream_,        epoch_, made->first_seq - 1,
                   made->payloads, {},     E::kind == std::string{"run"}};
    if (seq_ - snapshot_from_ >= snapshot_every) {
      snapshot_from_ = seq_;
      log.snapshot = wire::to_msgpack(state_);
    }
    auto row = E::summarise(state_, key());
    if (auto i = row.fields.find("open"); i != row.fields.end())
      log.open = i->second == "true";
    committing_ = std::move(made);
    in_.store.append(std::move(log), life(),
                     [this](const caf::error& said) { on_committed(said); });
  }

  void on_committed(const caf::error& said) {
    auto done = std::move(committing_);
    if (!said) {
      alarm_.recover();
      in_.watching.on_committed(stream_, state_, seq_);
      finish(*done);
      go_on();
      return;
    }
    in_.note(stream_.c_str(), "append: " + render(said));
    if (code_of(said) == ec::fenced || code_of(said) == ec::conflict) {
      auto told = make_error(ec::unavailable, "it is being read again");
      for (auto& [to, err] : done->replies)
        if (to)
          to->deliver(told);
      for (auto& x : waiting_)
        if (x.to)
          x.to->deliver(told);
      host_.fail(id_);
      return;
    }
    done->why = said;
    doubtful_ = std::move(done);
    ready_ = false;
    pause();
    load();
  }

  void finish(commit& done) {
    for (auto& [to, err] : done.replies)
      if (to)
        to->deliver(err);
    for (auto& x : done.effects)
      host_.perform(id_, x);
  }

  void arm() {
    auto now = in_.wall();
    auto at = E::wake_at(state_);
    if (E::idle(state_)) {
      used_at_ = std::min(used_at_, now);
      timestamp end = used_at_ + idle_timeout;
      at = at ? std::min(*at, end) : end;
    }
    if (at)
      wake_after(alarm_.set(now, *at));
  }

  void pause() {
    wake_after(alarm_.pause());
  }

  void wake_after(const std::optional<entity::alarm_clock::timer>& timer) {
    if (timer)
      in_.time.after(timer->wait, life(),
                     [this, n = timer->number] { on_wake(n); });
  }

  void on_wake(uint64_t number) {
    if (!alarm_.fires(number))
      return;
    if (ready_ && !busy()) {
      auto may_leave = waiting_.empty() && !effects_due_ && E::idle(state_);
      if (is_due()) {
        if (auto what = E::on_wake())
          waiting_.push_back({std::move(*what), nullptr, true});
        else
          pause();
      } else if (may_leave && used_at_ + idle_timeout <= in_.wall()) {
        host_.leave(id_);
        return;
      }
    }
    go_on();
  }

  void note(const typename E::command& what, const caf::error* refused) {
    if (!in_.traced())
      return;
    auto text = "? " + wire::to_json(what);
    if (refused != nullptr)
      text = "refused, " + render(*refused) + " " + text;
    in_.note(stream_.c_str(), text);
  }

  template <class T>
  static void append_to(std::vector<T>& from, std::vector<T>& to) {
    for (auto& x : from)
      to.push_back(std::move(x));
  }

  static constexpr uint64_t snapshot_every = 40;
  static constexpr duration idle_timeout{60'000};

  world& in_;
  entity_host<E>& host_;
  std::string id_;
  std::string stream_;
  typename E::state state_;
  uint64_t seq_ = 0;
  uint64_t epoch_ = 0;
  uint64_t snapshot_from_ = 0;
  std::deque<waiting> waiting_;
  /// What is being decided.
  std::deque<waiting> asked_;
  std::unique_ptr<commit> committing_;
  /// Of it, the log is being asked whether it happened.
  std::unique_ptr<commit> doubtful_;
  timestamp used_at_{};
  entity::alarm_clock alarm_;
  bool ready_ = false;
  bool loading_ = false;
  bool thinking_ = false;
  bool effects_due_ = true;
};

} // namespace machine::sim
