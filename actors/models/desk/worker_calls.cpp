#include "actors/models/desk/worker_calls.hpp"

#include "actors/costs/ledger/bounds.hpp"
#include "actors/models/desk/desk_state.hpp"

#include <algorithm>
#include <utility>

namespace machine::models {

namespace {

costs::call_end end_of(const made_call& how) {
  if (how.code.empty())
    return costs::call_end::answered;
  return how.code == to_string(ec::cancelled) ? costs::call_end::cancelled
                                              : costs::call_end::failed;
}

} // namespace

void worker_calls::reserve(const planned_call& what,
                           const caf::actor_addr& worker, answer then) {
  if (auto i = open_.find(what.name); i != open_.end()) {
    if (i->second.begun)
      then(caf::none);
    else
      std::exchange(i->second.then, std::move(then))(
        make_error(ec::cancelled, "it was asked for again"));
    return;
  }
  auto stock = at_.uses.models->stock();
  auto known = stock->listed.models.find(what.whose.model);
  if (known == stock->listed.models.end()) {
    then(make_error(ec::no_model, "there is no model " + what.whose.model));
    return;
  }
  auto permitted = may_call(at_.breakers[known->first], at_.uses.breakers,
                            at_.uses.wall_clock());
  if (permitted.what == permission::kind::refused) {
    then(make_error(ec::unavailable,
                    known->first + " fails, and is left alone for a while"));
    return;
  }
  item x{.model = known->second};
  x.worker = worker;
  x.tenant = what.tenant;
  x.number = at_.uses.inbox->next_number();
  x.line.call = what.name.substr(0, costs::max_name);
  x.line.whose = what.whose;
  x.line.of_run = true;
  x.permitted = permitted;
  x.then = std::move(then);
  auto number = x.number;
  auto line = x.line;
  open_.emplace(what.name, std::move(x));
  at_.till_of(what.tenant)
    .reserve(
      number, costs::counted_by::call_alone, what.amount, line,
      [=, this, name = what.name, tenant = what.tenant](const caf::error& why) {
        auto i = open_.find(name);
        if (i != open_.end() && i->second.number == number)
          answer_with(name, number, why);
        else if (!why)
          at_.till_of(tenant).settle(number, line);
      });
}

void worker_calls::answer_with(const std::string& name, uint64_t number,
                               const caf::error& reserved) {
  auto& x = open_.at(name);
  auto why = reserved;
  if (!why)
    // It leaves from another thread at once; nobody comes back to say so.
    if (auto leave = at_.till_of(x.tenant).departure(number))
      why = leave();
  auto then = std::exchange(x.then, nullptr);
  if (why) {
    auto node = open_.extract(name);
    close(node.mapped(), {}, costs::call_end::cancelled);
  } else {
    x.begun = true;
    ++at_.in_flight[x.line.whose.model];
  }
  if (then)
    then(why);
}

void worker_calls::end(const made_call& what) {
  auto node = open_.extract(what.name);
  if (node.empty())
    return;
  auto& x = node.mapped();
  if (x.begun)
    --at_.in_flight[x.line.whose.model];
  close(x, what, end_of(what));
  if (x.then)
    x.then(make_error(ec::cancelled, "the call is not wanted any more"));
}

void worker_calls::close(const item& x, const made_call& how,
                         costs::call_end end) {
  settle(x, how, end);
  learn(x, how);
}

void worker_calls::settle(const item& x, const made_call& how,
                          costs::call_end end) {
  auto& till = at_.till_of(x.tenant);
  auto line = x.line;
  line.at = at_.uses.wall_clock();
  line.usage = how.usage;
  line.cost = how.cost;
  line.took = how.took;
  line.end = end;
  if (auto more = how.cost - till.reserved(x.number); x.begun && more > 0)
    // The provider counted more than could be. What is there is taken first.
    till.extend(x.number, more,
                [&till, number = x.number, line](const caf::error&) {
                  till.settle(number, line);
                });
  else
    till.settle(x.number, line);
}

void worker_calls::learn(const item& x, const made_call& how) {
  auto code = how.code.empty() ? ec::none : ec_from_string(how.code);
  at_.hear_end(x.model, x.permitted, code, how.retry_after);
  observation seen;
  seen.model = x.model.id;
  seen.job = how.job;
  seen.prompt_tokens = how.prompt_tokens;
  seen.verdict.garbled = code == ec::provider_garbled;
  if (code == ec::none) {
    seen.verdict.refused = how.refused;
    seen.first_byte = how.first_byte;
    seen.took = how.took;
    if (how.usage)
      seen.output_tokens = answer_tokens(*how.usage);
    seen.cost = how.cost;
  }
  if (code == ec::none || seen.verdict.garbled)
    at_.learn(x.model, seen);
}

void worker_calls::bury(const caf::actor_addr& worker) {
  std::vector<std::string> names;
  for (auto& [name, x] : open_)
    if (x.worker == worker)
      names.push_back(name);
  for (auto& name : names) {
    auto node = open_.extract(name);
    auto& x = node.mapped();
    if (x.begun)
      --at_.in_flight[x.line.whose.model];
    made_call lost;
    // Its run takes the whole lease for spent, too.
    lost.cost = at_.till_of(x.tenant).reserved(x.number);
    close(x, lost, costs::call_end::lost);
  }
}

bool worker_calls::has(const caf::actor_addr& worker) const {
  return std::any_of(open_.begin(), open_.end(),
                     [&](auto& x) { return x.second.worker == worker; });
}

} // namespace machine::models
