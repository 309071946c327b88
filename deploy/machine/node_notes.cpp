#include "deploy/machine/node_notes.hpp"

#include "actors/node/actors.hpp"
#include "actors/tenants/check.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <unistd.h>

namespace machine::deploy {

namespace {

using namespace nodes;

constexpr std::chrono::seconds patience{10};

/// Of a machine with one node.
const entity::key key{tenants::system_tenant, "local"};

caf::error tell(node& to, node_command what) {
  caf::scoped_actor self{to.actors().system};
  caf::error result;
  self
    ->request(to.actors().nodes, patience, atom::command_v, key,
              std::move(what))
    .receive([](const entity::outcome<node_log>&) {},
             [&](caf::error& why) { result = std::move(why); });
  return result;
}

} // namespace

caf::error node_notes::begin(node& of, const std::string& version) {
  node_started what;
  what.node = of.actors().id;
  what.version = version;
  what.pid = static_cast<uint32_t>(::getpid());
  what.labels = of.options().labels;
  what.capacity = of.options().capacity;
  if (auto err = tell(of, begin_node{std::move(what)}))
    return err;
  of_ = &of;
  return caf::none;
}

void node_notes::note(const std::string& name, const caf::error& why) {
  auto* of = of_.load();
  // Its own failures would have it fail for ever.
  if (of == nullptr || name.starts_with("node"))
    return;
  auto& actors = of->actors();
  actors.guests.spawn([to = actors.nodes,
                       what = actor_failed{of->actors().id, name, render(why)}](
                        caf::event_based_actor* self) {
    self
      ->request(to, patience, atom::command_v, key,
                node_command{note_failure{what}})
      .then([](const entity::outcome<node_log>&) {}, [](const caf::error&) {});
  });
}

void node_notes::end() {
  if (auto* of = of_.exchange(nullptr))
    static_cast<void>(tell(*of, end_node{of->actors().id}));
}

} // namespace machine::deploy
