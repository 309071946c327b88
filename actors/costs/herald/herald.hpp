#pragma once

#include "actors/costs/herald/rounds.hpp"
#include "actors/costs/herald/secret_files.hpp"
#include "actors/messages.hpp"
#include "runtime/clock.hpp"
#include "runtime/entity/interfaces.hpp"
#include "runtime/net/client.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace machine::costs {

/// Sends notices to webhooks, and tells ledgers what became of them.
using herald_actor = caf::typed_actor<
  // Something of a ledger is to be sent.
  caf::reacts_to<atom::start, entity::key, deliver>,
  // Nothing more is to be sent to a webhook of a ledger.
  caf::reacts_to<atom::stop, entity::key, std::string>,
  // An attempt has ended: with a status, or with 0 and why there is none.
  caf::reacts_to<atom::ready, uint64_t, uint32_t, caf::error>,
  // Something may be due.
  caf::reacts_to<atom::wake>>;

/// How long one attempt may take.
constexpr duration delivery_patience{5'000};

struct herald_services {
  entity::region_actor<ledger> ledgers;
  std::shared_ptr<net::client> http;
  /// Where webhooks may be.
  net::address_policy addresses = net::address_policy::public_only;
  secret_finder secrets;
  std::function<timestamp()> now = wall_clock;
  std::function<uint64_t()> random;
  /// Hears why something did not arrive, for the log.
  std::function<void(const std::string&)> told;
};

struct herald_state {
  // CAF would hand an aggregate the actor as its first member.
  herald_state() = default;
  herald_state(const herald_state&) = delete;
  herald_state& operator=(const herald_state&) = delete;

  /// Cancels what is under way; it is tried again by whoever comes next.
  ~herald_state() {
    for (auto& [attempt, request] : under_way)
      uses.http->cancel(request);
  }

  herald_services uses;
  delivery_rounds rounds;
  /// Ledgers that did not answer are told again.
  std::vector<delivery_rounds::ending> untold;
  std::map<uint64_t, net::client::request_id> under_way;
  /// When a timer comes back.
  std::optional<timestamp> alarm;

  static inline const char* name = "herald";
};

/// @param self The actor handle.
herald_actor::behavior_type
herald(herald_actor::stateful_pointer<herald_state> self, herald_services uses);

} // namespace machine::costs
