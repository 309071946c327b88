#include "actors/costs/herald/herald.hpp"

#include "actors/costs/herald/signature.hpp"

#include <caf/send.hpp>

namespace machine::costs {

namespace {

using self_pointer = herald_actor::stateful_pointer<herald_state>;

/// Before a ledger is told again, and until it has to answer.
constexpr duration ledger_pause{5'000};
constexpr std::chrono::seconds ledger_patience{30};

/// Of an answer, which nobody reads.
constexpr size_t max_answer = 64u << 10;

/// The request that delivers *x*; `unavailable` if its secret is missing.
caf::expected<net::request> request_of(const herald_services& uses,
                                       const delivery_rounds::parcel& x) {
  auto& to = x.what.to;
  net::request result;
  result.method = "POST";
  result.url = to.url;
  result.body = x.what.body;
  result.headers = {
    {"Content-Type", "application/json"},
    {"X-Machine-Event", x.what.type},
    {"X-Machine-Delivery", x.tenant + "/" + std::to_string(x.what.number)}};
  if (!to.secret_id.empty()) {
    auto secret =
      uses.secrets ? uses.secrets(x.tenant, to.secret_id) : std::nullopt;
    if (!secret)
      return make_error(ec::unavailable, "there is no secret " + to.secret_id
                                           + " of tenant " + x.tenant
                                           + " to sign with; themachine "
                                             "secret set "
                                           + to.secret_id);
    result.headers.emplace_back("X-Machine-Signature",
                                signature_of(*secret, uses.now(), result.body));
  }
  result.connect_timeout = delivery_patience;
  result.idle_timeout = delivery_patience;
  result.total_timeout = delivery_patience;
  result.max_response_bytes = max_answer;
  result.addresses = uses.addresses;
  return result;
}

void send(self_pointer self, const delivery_rounds::parcel& x) {
  auto& state = self->state;
  auto request = request_of(state.uses, x);
  if (!request) {
    self->send(self, atom::ready_v, x.attempt, uint32_t{0}, request.error());
    return;
  }
  // Whoever answers late must not keep this alive.
  caf::weak_actor_ptr weak = self->ctrl();
  auto status = std::make_shared<uint32_t>(0);
  net::handlers how;
  how.on_head = [status](const net::response_head& head) {
    *status = static_cast<uint32_t>(head.status);
  };
  how.on_done = [=, attempt = x.attempt](const caf::error& why) {
    // What comes after the status is nobody's concern.
    if (auto strong = weak.lock())
      caf::anon_send(caf::actor_cast<herald_actor>(strong), atom::ready_v,
                     attempt, *status, why);
  };
  state.under_way[x.attempt] =
    state.uses.http->start(std::move(*request), std::move(how));
}

void arm(self_pointer self);

/// Sends what is due.
void go_round(self_pointer self) {
  auto& state = self->state;
  while (auto x = state.rounds.next(state.uses.now()))
    send(self, *x);
  arm(self);
}

void wake_in(self_pointer self, timestamp at) {
  auto& state = self->state;
  if (state.alarm && *state.alarm <= at)
    return;
  state.alarm = at;
  auto wait = std::max(at - state.uses.now(), timestamp::duration{0});
  self->delayed_send(self, wait, atom::wake_v);
}

void arm(self_pointer self) {
  if (auto at = self->state.rounds.wake_at())
    wake_in(self, *at);
}

void tell(self_pointer self, const delivery_rounds::ending& x) {
  auto& state = self->state;
  self
    ->request(state.uses.ledgers, ledger_patience, atom::command_v,
              entity::key{x.tenant, ledger_id},
              ledger_command{end_delivery{x.number, x.how}})
    .then([](const entity::outcome<ledger>&) {},
          [=](const caf::error&) {
            self->state.untold.push_back(x);
            wake_in(self, self->state.uses.now() + ledger_pause);
          });
}

void on_ready(self_pointer self, uint64_t attempt, uint32_t status,
              const caf::error& why) {
  auto& state = self->state;
  state.under_way.erase(attempt);
  auto how = status == 0 ? attempt_verdict::again
                         : judge_answer(static_cast<int>(status));
  if (how != attempt_verdict::arrived && state.uses.told)
    state.uses.told(status == 0
                      ? message_of(why)
                      : "a webhook answered " + std::to_string(status));
  auto random = state.uses.random ? state.uses.random() : 0;
  if (auto x = state.rounds.ended(attempt, how, state.uses.now(), random))
    tell(self, *x);
  go_round(self);
}

} // namespace

herald_actor::behavior_type
herald(herald_actor::stateful_pointer<herald_state> self,
       herald_services uses) {
  self->state.uses = std::move(uses);
  return {
    [self](atom::start, const entity::key& of, deliver& what) {
      auto& state = self->state;
      state.rounds.add(of.tenant, std::move(what), state.uses.now());
      go_round(self);
    },
    [self](atom::stop, const entity::key& of, const std::string& webhook) {
      self->state.rounds.forget(of.tenant, webhook);
    },
    [self](atom::ready, uint64_t attempt, uint32_t status,
           const caf::error& why) { on_ready(self, attempt, status, why); },
    [self](atom::wake) {
      self->state.alarm.reset();
      for (auto& x : std::exchange(self->state.untold, {}))
        tell(self, x);
      go_round(self);
    },
  };
}

} // namespace machine::costs
