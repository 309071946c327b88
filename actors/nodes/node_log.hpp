#pragma once

#include "runtime/entity/entity.hpp"
#include "runtime/entity/news.hpp"
#include "runtime/wire/codec.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace machine::nodes {

/// Bounds on texts, in bytes; what is longer is cut off.
constexpr size_t max_name = 128;
constexpr size_t max_why = 500;

/// A process that has joined the machine.
struct node_started {
  /// Another at each start.
  std::string node;
  std::string version;
  uint32_t pid = 0;
  /// What steps may ask for with `runs_on`.
  std::vector<std::string> labels;
  /// Attempts that run at one time.
  uint64_t capacity = 0;

  static constexpr const char* wire_name = "node_started";

  static constexpr auto fields() {
    return wire::members(wire::field{"node", &node_started::node},
                         wire::field{"version", &node_started::version},
                         wire::field{"pid", &node_started::pid},
                         wire::field{"labels", &node_started::labels},
                         wire::field{"capacity", &node_started::capacity});
  }

  bool operator==(const node_started&) const = default;
};

/// It was ended in order.
struct node_stopped {
  std::string node;

  static constexpr const char* wire_name = "node_stopped";

  static constexpr auto fields() {
    return wire::members(wire::field{"node", &node_stopped::node});
  }

  bool operator==(const node_stopped&) const = default;
};

/// It was not, and the next one took its place.
struct node_lost {
  std::string node;

  static constexpr const char* wire_name = "node_lost";

  static constexpr auto fields() {
    return wire::members(wire::field{"node", &node_lost::node});
  }

  bool operator==(const node_lost&) const = default;
};

/// An actor of it failed, and was started again.
struct actor_failed {
  std::string node;
  /// `runs`, or `run r-17` for one entity.
  std::string actor;
  std::string why;

  static constexpr const char* wire_name = "actor_failed";

  static constexpr auto fields() {
    return wire::members(wire::field{"node", &actor_failed::node},
                         wire::field{"actor", &actor_failed::actor},
                         wire::field{"why", &actor_failed::why});
  }

  bool operator==(const actor_failed&) const = default;
};

using node_event =
  std::variant<node_started, node_stopped, node_lost, actor_failed>;

/// Whoever starts takes the place of who was there.
struct begin_node {
  node_started what;

  static constexpr const char* wire_name = "begin_node";

  static constexpr auto fields() {
    return wire::members(wire::field{"what", &begin_node::what});
  }

  bool operator==(const begin_node&) const = default;
};

/// Does nothing unless *node* is there.
struct end_node {
  std::string node;

  static constexpr const char* wire_name = "end_node";

  static constexpr auto fields() {
    return wire::members(wire::field{"node", &end_node::node});
  }

  bool operator==(const end_node&) const = default;
};

/// Does nothing unless its node is there.
struct note_failure {
  actor_failed what;

  static constexpr const char* wire_name = "note_failure";

  static constexpr auto fields() {
    return wire::members(wire::field{"what", &note_failure::what});
  }

  bool operator==(const note_failure&) const = default;
};

using node_command = std::variant<begin_node, end_node, note_failure>;

struct node_state {
  /// What is there; none: nothing.
  std::optional<node_started> now;
  timestamp since{};
  uint64_t failures = 0;

  static constexpr const char* wire_name = "node_state";

  static constexpr auto fields() {
    return wire::members(wire::field{"now", &node_state::now},
                         wire::field{"since", &node_state::since},
                         wire::field{"failures", &node_state::failures});
  }

  bool operator==(const node_state&) const = default;
};

/// What becomes of one node of the machine: the core of the entity `node`, in
/// the tenant `system`.
struct node_log : entity::passive<node_state, node_command, node_event> {
  static constexpr const char* kind = "node";
  static constexpr const char* snapshot_schema = "node.1";

  /// Refuses nothing.
  static caf::error decide(entity::draft<node_log>& to, const command& what);

  static void apply(state& draft, const event& what, timestamp at);

  /// `node.started`, `node.stopped`, `node.lost` and `actor.failed` of the
  /// topic `nodes`.
  static std::vector<entity::announcement>
  announce(const state& now, const std::vector<event>& events,
           const entity::context& ctx);

  /// Field: `up`.
  static store::summary_row summarise(const state& now, const entity::key&);
};

} // namespace machine::nodes

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::nodes::node_command>;
extern template struct machine::wire::message_codec<
  machine::nodes::node_command>;
extern template struct machine::wire::codec<machine::nodes::node_state>;
extern template struct machine::wire::message_codec<machine::nodes::node_state>;
extern template struct machine::wire::codec<
  machine::entity::outcome<machine::nodes::node_log>>;
extern template struct machine::wire::message_codec<
  machine::entity::outcome<machine::nodes::node_log>>;
extern template struct machine::wire::codec<
  machine::entity::recorded<machine::nodes::node_event>>;
extern template struct machine::wire::message_codec<
  machine::entity::recorded<machine::nodes::node_event>>;
