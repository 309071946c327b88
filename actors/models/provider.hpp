#pragma once

#include "actors/models/chat.hpp"
#include "actors/models/delta.hpp"
#include "actors/models/dialect.hpp"
#include "actors/models/embedding.hpp"
#include "actors/models/fault.hpp"
#include "actors/models/rates.hpp"
#include "runtime/error.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace machine::models {

/// How one call to a provider ended.
template <class Answer>
struct outcome_of {
  /// The answer, or an error: `provider_auth`, `provider_rate_limited`,
  /// `provider_failed`, `provider_rejected`, `provider_garbled`,
  /// `provider_interrupted`, `context_exceeded`, `content_refused`, `timeout`,
  /// `cancelled`, `unavailable` or `denied` (address policy).
  caf::expected<Answer> response;
  /// How long the provider asked us to wait before the next call.
  std::optional<duration> retry_after;
  /// What the provider has counted, also for a call that failed; no value if
  /// it said nothing, which is no proof that it charges nothing.
  std::optional<token_usage> usage;
  /// The provider took the request, or may have: it began to answer, or was
  /// lost before it could. False if it refused by status or was not reached.
  bool accepted = false;
  /// The HTTP status that the provider answered with; 0: none, or no HTTP.
  int status = 0;
  /// Why there is no answer, if it is the provider's doing.
  fault_kind fault = fault_kind::none;
  /// What the provider said of the limits on the key that was used.
  std::optional<rate_report> rates{};
};

using call_outcome = outcome_of<chat_response>;
using embedding_outcome = outcome_of<embedding_response>;

struct call_options {
  /// The provider's own name of the model.
  std::string model;
  /// Sent along, so that a provider which honours it does not charge twice.
  std::string idempotency_key;
  dialect speaks;
  /// Longest silence of the provider.
  duration idle_timeout{60'000};
  /// Bound on the whole call.
  duration total_timeout{600'000};
  /// The header by which the provider may go on with our trace (W3C Trace
  /// Context); empty: none.
  std::string traceparent;
};

/// `on_leave` before a request goes out, which an error keeps here: the call
/// ends with that, unaccepted. It comes again if another key is tried, and not
/// at all if there is no connection; it may be empty. `on_delta` for every
/// piece of the answer as it streams, then `on_done` exactly once, also after
/// `cancel`. On a thread of the provider: must not block or throw.
struct call_handlers {
  std::function<caf::error()> on_leave;
  std::function<void(const answer_delta&)> on_delta;
  std::function<void(call_outcome)> on_done;
};

/// The same for vectors.
struct embedding_handlers {
  std::function<caf::error()> on_leave;
  std::function<void(embedding_outcome)> on_done;
};

/// An endpoint that serves models. Every member may be called from any thread.
class provider {
public:
  using call_id = uint64_t;

  virtual ~provider() = default;

  /// The name in the catalogue.
  virtual const std::string& name() const = 0;

  /// Begins a streaming call.
  virtual call_id start(const chat_request& what, const call_options& options,
                        call_handlers how) = 0;

  /// Begins a call for vectors. The default answers that the provider has none.
  virtual call_id embed(const embedding_request& what,
                        const call_options& options, embedding_handlers how);

  /// Ends a call; its connection is closed before its `on_done` runs.
  virtual void cancel(call_id id) = 0;
};

} // namespace machine::models
