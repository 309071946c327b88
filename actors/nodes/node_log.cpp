#include "actors/nodes/node_log.hpp"

#include "runtime/entity/draft.hpp"
#include "runtime/wire/text.hpp"
#include "runtime/wire/wire.hpp"

#include <utility>

namespace machine::nodes {

namespace {

using draft_type = entity::draft<node_log>;

bool is_there(const node_state& now, const std::string& node) {
  return now.now && now.now->node == node;
}

void begin(draft_type& to, node_started what) {
  if (auto& before = to.now().now)
    to.emit(node_lost{before->node});
  to.emit(std::move(what));
}

void note(draft_type& to, actor_failed what) {
  what.actor = wire::clip(what.actor, max_name);
  what.why = wire::clip(what.why, max_why);
  to.emit(std::move(what));
}

const char* type_of(const node_event& x) {
  if (std::holds_alternative<node_started>(x))
    return "node.started";
  if (std::holds_alternative<node_stopped>(x))
    return "node.stopped";
  return std::holds_alternative<node_lost>(x) ? "node.lost" : "actor.failed";
}

} // namespace

caf::error node_log::decide(draft_type& to, const command& what) {
  if (auto* x = std::get_if<begin_node>(&what)) {
    if (!is_there(to.now(), x->what.node))
      begin(to, x->what);
  } else if (auto* end = std::get_if<end_node>(&what)) {
    if (is_there(to.now(), end->node))
      to.emit(node_stopped{end->node});
  } else {
    auto& failure = std::get<note_failure>(what).what;
    if (is_there(to.now(), failure.node))
      note(to, failure);
  }
  return caf::none;
}

void node_log::apply(state& draft, const event& what, timestamp at) {
  if (auto* x = std::get_if<node_started>(&what)) {
    draft.now = *x;
    draft.since = at;
    draft.failures = 0;
  } else if (std::holds_alternative<actor_failed>(what)) {
    ++draft.failures;
  } else {
    draft.now.reset();
    draft.since = at;
  }
}

std::vector<entity::announcement>
node_log::announce(const state&, const std::vector<event>& events,
                   const entity::context& ctx) {
  std::vector<entity::announcement> result;
  for (auto& x : events)
    std::visit(
      [&](auto& one) {
        result.push_back({"nodes",
                          {ctx.now,
                           type_of(x),
                           {},
                           "node/" + one.node,
                           json_text{wire::to_json(one)}}});
      },
      x);
  return result;
}

store::summary_row node_log::summarise(const state& now, const entity::key&) {
  store::summary_row row;
  row.fields["up"] = now.now ? "true" : "false";
  row.body = wire::to_msgpack(now);
  return row;
}

} // namespace machine::nodes
