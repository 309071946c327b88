#include "actors/models/select/selector_actor.hpp"

#include <algorithm>

namespace machine::models {

namespace {

using std::chrono::milliseconds;

/// A provider that asks for a longer pause than this is avoided for so long.
constexpr milliseconds worth_waiting{2'000};

/// How long the first of the candidates' providers is left alone yet.
duration shortest_pause(const selector_state& state, const catalogue& known,
                        const decision& among,
                        caf::actor_clock::time_point now) {
  auto shortest = duration::max();
  for (auto& x : among.candidates) {
    auto i = state.pauses.find(known.models.at(x.model).provider);
    if (i != state.pauses.end())
      shortest = std::min(
        shortest, std::chrono::ceil<milliseconds>(i->second.until - now));
  }
  return shortest;
}

caf::result<decision> choose(const selector_state& state,
                             caf::actor_clock::time_point now,
                             selection_request what) {
  auto stock = state.known->stock();
  for (auto& [provider, why] : stock->unusable)
    what.unusable.emplace(provider, why);
  auto with_pauses = what;
  // What was asked for by name is worth waiting for: its provider is asked.
  if (!what.pinned)
    for (auto& [provider, pause] : state.pauses)
      if (pause.until > now + worth_waiting)
        with_pauses.unusable.emplace(provider,
                                     "its provider asked for a pause");
  auto result = select(stock->listed, with_pauses);
  if (result)
    return std::move(*result);
  if (with_pauses.unusable.size() > what.unusable.size()) {
    if (auto later = select(stock->listed, what)) {
      later->wait = shortest_pause(state, stock->listed, *later, now);
      return std::move(*later);
    }
  }
  return std::move(result.error());
}

} // namespace

selector_actor::behavior_type
selector(selector_actor::stateful_pointer<selector_state> self,
         std::shared_ptr<const catalogue_source> known) {
  self->state.known = std::move(known);
  return {
    [self](atom::select, selection_request& what) {
      return choose(self->state, self->clock().now(), std::move(what));
    },
    [self](atom::report, const std::string& provider, const std::string& code,
           int64_t wait_ms, int64_t took_ms) {
      auto& pauses = self->state.pauses;
      auto now = self->clock().now();
      auto i = pauses.find(provider);
      if (code.empty()) {
        // A call that began before the pause does not tell that it is over.
        if (i != pauses.end() && i->second.since <= now - milliseconds{took_ms})
          pauses.erase(i);
      } else if (wait_ms > 0) {
        auto until = now + milliseconds{wait_ms};
        if (i != pauses.end())
          until = std::max(until, i->second.until);
        pauses[provider] = {now, until};
      }
    },
  };
}

} // namespace machine::models
