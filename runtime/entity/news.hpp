#pragma once

#include "runtime/entity/entity.hpp"

#include <string>
#include <vector>

/// Topics: logs of a tenant that tell of all its entities, for those who want
/// to see what happens without asking each of them. News is committed together
/// with what it tells of: none is missing, and none of what was refused.
namespace machine::entity {

/// Something that has happened.
struct news {
  timestamp at{};
  /// `run.changed`
  std::string type;
  /// The project that it is about; empty: the whole tenant.
  std::string project;
  /// `run/r-17`
  std::string subject;
  /// What clients get to see of it.
  json_text data;

  static constexpr const char* wire_name = "news";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"at", &news::at}, wire::field{"type", &news::type},
      wire::field{"project", &news::project},
      wire::field{"subject", &news::subject}, wire::field{"data", &news::data});
  }

  bool operator==(const news&) const = default;
};

struct announcement {
  /// `runs`
  std::string topic;
  news what;
};

/// The log of *topic*.
inline store::stream_id topic_stream(std::string tenant, std::string topic) {
  return {"topic", std::move(tenant), std::move(topic)};
}

/// A core that has news for topics: `announce` says which, after a command has
/// caused *events* and the state has them.
template <class E>
concept announcing = requires(const typename E::state& state,
                              const std::vector<typename E::event>& events,
                              const context& ctx) {
  {
    E::announce(state, events, ctx)
    } -> std::same_as<std::vector<announcement>>;
};

/// A core that has news of an entity which is erased as it is in *state*.
template <class E>
concept announcing_its_end = requires(const typename E::state& state,
                                      const context& ctx) {
  { E::announce_end(state, ctx) } -> std::same_as<std::vector<announcement>>;
};

} // namespace machine::entity
