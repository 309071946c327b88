#pragma once

#include "runtime/entity/draft.hpp"
#include "runtime/entity/news.hpp"
#include "runtime/entity/services.hpp"
#include "runtime/entity/takes_long.hpp"
#include "runtime/store/check.hpp"
#include "runtime/wire/wire.hpp"

#include <exception>
#include <utility>
#include <variant>

namespace machine::entity {

/// What one command causes, ready to be appended; the state has it already.
template <class E>
struct prepared {
  std::vector<typename E::event> events;
  std::vector<bytes> payloads;
  std::vector<bytes> blobs;
  std::vector<typename E::effect> effects;
  std::vector<store::notice> notices;
  /// Of payloads, blobs and notices, in bytes.
  size_t size = 0;
};

/// Why a command is refused.
struct refusal {
  caf::error why;
  /// The state has changed all the same, and is of no more use.
  bool spoilt = false;
};

/// Events and blobs that one command may cause, each: an append that is almost
/// full still has room for them.
constexpr size_t max_items_per_command =
  store::max_batch_items - max_events_per_append;

/// Bytes that one command may cause: with a full append before them and a
/// snapshot and a row behind, they fit into a batch.
constexpr size_t max_bytes_per_command = 128u << 20;

static_assert(max_bytes_per_append + max_bytes_per_command
                + store::max_snapshot_bytes + store::max_row_bytes
                + store::max_name_part
              <= store::max_batch_bytes);

/// `limit_exceeded` if one of *parts* is over *bound* bytes, or there are too
/// many; adds their sizes to *total*.
caf::error check_parts(const char* what, const std::vector<bytes>& parts,
                       size_t bound, size_t& total);

/// `limit_exceeded` if the store would refuse an append because of *x*.
template <class E>
caf::error check_prepared(prepared<E>& x) {
  if (auto err =
        check_parts("event", x.payloads, store::max_event_bytes, x.size))
    return err;
  if (auto err = check_parts("blob", x.blobs, store::max_blob_bytes, x.size))
    return err;
  for (auto& one : x.notices)
    x.size += one.payload.size();
  if (x.size > max_bytes_per_command)
    return make_error(
      ec::limit_exceeded,
      "it would add " + std::to_string(x.size) + " bytes; at most "
        + std::to_string(max_bytes_per_command) + " are allowed at once");
  return caf::none;
}

/// What topics of *tenant* get of *news*.
inline std::vector<store::notice> to_notices(const std::string& tenant,
                                             std::vector<announcement> news) {
  std::vector<store::notice> result;
  for (auto& x : news) {
    auto payload = wire::to_msgpack(x.what);
    // What happened counts for more than the word of it.
    if (payload.size() > store::max_event_bytes) {
      x.what.data = {};
      payload = wire::to_msgpack(x.what);
    }
    result.push_back(
      {topic_stream(tenant, std::move(x.topic)), std::move(payload)});
  }
  return result;
}

/// What topics hear of *events*, which *state* has.
template <class E>
std::vector<store::notice>
notices_of(const typename E::state& state,
           const std::vector<typename E::event>& events, const context& ctx) {
  if constexpr (announcing<E>)
    if (!events.empty())
      return to_notices(ctx.key.tenant, E::announce(state, events, ctx));
  return {};
}

/// What topics hear of the end of an entity in *state*.
template <class E>
std::vector<store::notice> notices_of_end(const typename E::state& state,
                                          const context& ctx) {
  if constexpr (announcing_its_end<E>)
    return to_notices(ctx.key.tenant, E::announce_end(state, ctx));
  else
    return {};
}

/// Has the core decide *what*, and refuses what the store would not take.
/// Where the core throws, the command is refused with `internal`: neither the
/// entity nor other commands have a part in it. `takes_long` is for the caller;
/// the state is of no more use then.
template <class E>
std::variant<prepared<E>, refusal> prepare(typename E::state& state,
                                           const typename E::command& what,
                                           const context& ctx) {
  auto subject = [&] { return std::string{E::kind} + " " + ctx.key.id; };
  draft<E> plan{state, ctx};
  auto refuse = [&plan](caf::error why) {
    return refusal{std::move(why), plan.changed()};
  };
  auto broken = [&](const std::string& how) {
    return refuse(make_error(ec::internal,
                             subject() + " cannot decide this command" + how));
  };
  try {
    if (auto err = E::decide(plan, what))
      return refuse(std::move(err));
    prepared<E> result;
    result.events = plan.take_events();
    result.payloads = plan.take_payloads();
    result.blobs = plan.take_blobs();
    result.effects = plan.take_effects();
    result.notices = notices_of<E>(state, result.events, ctx);
    if (auto err = check_prepared(result))
      return refuse(with_context(subject(), err));
    return result;
  } catch (const takes_long&) {
    throw;
  } catch (const std::exception& err) {
    return broken(std::string{": "} + err.what());
  } catch (...) {
    return broken("");
  }
}

} // namespace machine::entity
