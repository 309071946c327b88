#include "actors/models/desk/desk.hpp"

#include "actors/models/desk/desk_state.hpp"
#include "actors/models/desk/served_chat.hpp"
#include "actors/models/desk/served_vectors.hpp"

namespace machine::models {

namespace {

template <class Served, class Order, class Then>
void begin(desk_state& at, uint64_t number, Order what, Then then) {
  auto served =
    std::make_shared<Served>(at, number, std::move(what), std::move(then));
  at.calls.emplace(number, served);
  served->start();
}

caf::error judge_call(desk_state& at, const verdict_order& what) {
  auto call = at.remembers.find(what.call, what.tenant, at.uses.wall_clock());
  if (!call)
    return std::move(call.error());
  if (auto err = what.may ? what.may(call->project) : caf::error{})
    return err;
  auto news = at.remembers.judge(what.call, what.tests_passed, what.accepted);
  if (!news)
    return std::move(news.error());
  auto stock = at.uses.models->stock();
  auto model = stock->listed.models.find(call->model);
  // Of a model that is no longer listed there is nothing to learn.
  if (*news && model != stock->listed.models.end())
    at.learn(model->second, **news);
  return caf::none;
}

} // namespace

uint64_t desk::call(chat_order what, std::shared_ptr<call_watcher> by) {
  auto number = inbox_->next_number();
  inbox_->post([number, what = std::move(what),
                by = std::move(by)](desk_state& at) mutable {
    begin<served_chat>(at, number, std::move(what), std::move(by));
  });
  return number;
}

uint64_t desk::embed(embedding_order what, on_vectors then) {
  auto number = inbox_->next_number();
  inbox_->post([number, what = std::move(what),
                then = std::move(then)](desk_state& at) mutable {
    begin<served_vectors>(at, number, std::move(what), std::move(then));
  });
  return number;
}

void desk::cancel(uint64_t number) {
  inbox_->post([number](desk_state& at) {
    if (auto i = at.calls.find(number); i != at.calls.end()) {
      auto call = i->second;
      call->stop(make_error(ec::cancelled, "nobody waits for the answer"));
    }
  });
}

void desk::judge(verdict_order what,
                 std::function<void(const caf::error&)> then) {
  inbox_->post([what = std::move(what), then = std::move(then)](
                 desk_state& at) { then(judge_call(at, what)); });
}

void desk::hear_of_budgets(const std::string& tenant,
                           std::function<void()> then) {
  inbox_->post([tenant, then = std::move(then)](desk_state& at) {
    if (auto i = at.tills.find(tenant); i != at.tills.end())
      i->second->learn(then);
    else if (then)
      // Whoever spends there first reads them first.
      then();
  });
}

} // namespace machine::models
