#include "actors/node/open_runs.hpp"

#include "actors/node/node.hpp"

#include <caf/send.hpp>

namespace machine {

namespace {

/// Before it is tried again.
constexpr std::chrono::seconds pause{1};

} // namespace

caf::error load_open_runs(store::engine& engine, entity::shard_table& shards,
                          const orchestrator::run_region& to) {
  if (auto err = shards.settle())
    return err;
  store::query open{orchestrator::run::kind,
                    local_tenant,
                    {{"open", "true"}},
                    "",
                    1'000,
                    store::query::direction::oldest_first};
  for (;;) {
    auto page = engine.list(open);
    if (!page)
      return std::move(page.error());
    for (auto& row : page->rows)
      caf::anon_send(to, atom::activate_v,
                     entity::key{row.stream.tenant, row.stream.id});
    if (page->next_cursor.empty())
      return caf::none;
    open.cursor = page->next_cursor;
  }
}

void load_open_runs_at_last(caf::event_based_actor* self,
                            std::shared_ptr<store::engine> engine,
                            std::shared_ptr<entity::shard_table> shards,
                            std::shared_ptr<blocking_pool> threads,
                            orchestrator::run_region to,
                            std::function<void(const caf::error&)> failed) {
  self->become(
    [=](atom::activate) {
      auto problem = threads->post([=, me = caf::actor{self}] {
        auto outcome = make_error(ec::internal, "they cannot be listed");
        try {
          outcome = load_open_runs(*engine, *shards, to);
        } catch (...) {
          // There may be memory for it in a second.
        }
        caf::anon_send(me, atom::ready_v, outcome);
      });
      if (problem)
        self->send(self, atom::ready_v, problem);
    },
    [=](atom::ready, const caf::error& why) {
      if (why)
        failed(why);
      // Nobody loads anything any more when the machine is stopping.
      if (why && code_of(why) != ec::unavailable)
        self->delayed_send(self, pause, atom::activate_v);
      else
        self->quit();
    });
  self->send(self, atom::activate_v);
}

} // namespace machine
