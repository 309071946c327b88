#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace machine {

/// Error codes of the machine. Codes travel between nodes and stand in logs:
/// add at the end, never renumber.
enum class ec : uint8_t {
  /// No error.
  none = 0,
  /// The input breaks a rule; the message names the place and the fix.
  invalid_argument,
  /// Nothing is known under that name or id.
  not_found,
  /// The thing exists already, or it moved on since it was read.
  conflict,
  /// A newer owner or a newer attempt holds the right to write.
  fenced,
  /// The principal may not do this, or a policy forbids it.
  denied,
  /// A part that is needed is not running or not reachable.
  unavailable,
  /// The deadline passed first.
  timeout,
  /// Somebody asked for it to stop.
  cancelled,
  /// A bound on size, depth, count or rate is exceeded.
  limit_exceeded,
  /// The budget does not cover what this would cost.
  budget_exceeded,
  /// The catalogue gives no price, so the cost cannot be bounded.
  unknown_price,
  /// No room is left on the disk or in the store's map.
  storage_full,
  /// Stored data fails its check.
  corrupt,
  /// Another process holds the lock.
  locked,
  /// Operating system call failed.
  io_failed,
  /// The provider refused the credentials.
  provider_auth,
  /// The provider asks to slow down; the message says for how long.
  provider_rate_limited,
  /// The provider failed on its side and may recover.
  provider_failed,
  /// The provider refused this request; the same request will fail again.
  provider_rejected,
  /// The provider answered something that is no valid answer.
  provider_garbled,
  /// The provider's answer ended before its end.
  provider_interrupted,
  /// No model satisfies the constraints; the message lists each reason.
  no_model,
  /// A command, test or tool ran and reported failure.
  step_failed,
  /// An effect may or may not have happened; an operator must decide.
  needs_reconcile,
  /// A rule of the machine itself broke: a defect.
  internal,
  /// Too much waits already; the same may be taken later.
  overloaded,
  /// The run pauses; the same is done when it goes on.
  paused,
  /// The same was done again and again, and nothing came of it.
  loop,
  /// Nobody knows who asks: no key, or one that is not valid.
  unauthenticated,
  /// Too many requests; the message says when to come back.
  rate_limited,
  /// The thing is no longer as the caller says that it is.
  changed,
  /// The prompt is longer than the model takes; another model may take it.
  context_exceeded,
  /// The provider does not answer this for its content.
  content_refused,
};

/// The name of *x* as it is written in logs, events and answers.
std::string to_string(ec x);

/// The code named *name*; `ec::internal` for a name of no code.
ec ec_from_string(std::string_view name);

/// Makes an error with a sentence for a person: the thing, what is wrong with
/// it, what to do.
caf::error make_error(ec code, std::string message);

/// Found by ADL, makes `return ec::not_found;` a valid result.
caf::error make_error(ec code);

/// The code of *x*. Errors of CAF map to the nearest of ours: time-outs to
/// `timeout`, dead receivers to `unavailable`, all else to `internal`.
ec code_of(const caf::error& x);

/// The sentence for a person, without the code's name.
std::string message_of(const caf::error& x);

/// `code: message`, for logs.
std::string render(const caf::error& x);

/// *x* with *where* and a colon before its message; the code stays.
caf::error with_context(std::string_view where, const caf::error& x);

/// `internal` with what the exception *x* says, for an actor's handler of
/// those.
caf::error error_of(const std::exception_ptr& x);

/// CAF's hook to print our errors; see `actor_system_config`.
std::string render_ec(uint8_t code, caf::atom_value category,
                      const caf::message& context);

} // namespace machine
