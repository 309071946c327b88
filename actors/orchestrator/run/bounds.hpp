#pragma once

#include "actors/costs/ledger/bounds.hpp"
#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <string>
#include <string_view>

/// Bounds on what a run writes, so that the store takes every decision (see
/// `runtime/store/check.hpp`), and on the work of one decision, so that other
/// commands get their turn.
namespace machine::orchestrator {

/// Of a value: what an expression yields, a rendered request, the values of a
/// `set` together, an output, an answer. In bytes.
constexpr size_t max_value_bytes = 256u << 10;

/// Of a message for people; the rest is cut off.
constexpr size_t max_message_bytes = 8u << 10;

/// Of a text in the row that lists show; the rest is cut off.
constexpr size_t max_row_text = 2u << 10;

/// Of all that a run is created with, its workflow included.
constexpr size_t max_created_bytes = 1'000u << 10;

/// Of the diff that a run leaves; the rest is cut off.
constexpr size_t max_patch_bytes = 32u << 20;

/// After so many events, or so many bytes of them, a decision ends; what is
/// due after it follows in the next one.
constexpr size_t max_decision_events = 500;
constexpr size_t max_decision_bytes = 4u << 20;

/// After so much time in expressions a decision ends in the same way.
constexpr duration max_decision_jq{1'000};

/// What the expressions of one step may take together.
constexpr duration max_step_jq{5'000};

/// The longest pause that the other side of a failed attempt can ask for.
constexpr duration max_retry_after{24 * 3'600'000};

/// Charges that are sent to the project and the ledger at once; what is behind
/// them follows when they have these.
constexpr size_t max_posted_charges = costs::max_lines;

/// Activations and interrupts, each, beyond which the ended rounds of a block
/// are forgotten when its next one begins.
constexpr size_t max_kept = 256;

/// Signals that a run keeps until a step takes them, and their payloads
/// together, in bytes.
constexpr size_t max_kept_signals = 1'000;
constexpr size_t max_signal_bytes = 1u << 20;

/// More than work side by side and have not been told of yet.
constexpr size_t max_recent_checkpoints = 64;

/// Signals after which the word of one is forgotten.
constexpr size_t max_signal_keys = 1'000;

/// `limit_exceeded` if *size* is above *most*, naming *what* and both.
caf::error check_size(std::string_view what, size_t size,
                      size_t most = max_value_bytes);

/// `limit_exceeded` if *value* is larger or deeper than a value of a run may
/// be, naming *what*; `invalid_argument` if it is no JSON. Nothing is no value.
caf::error check_value(std::string_view what, const json_text& value);

/// At most *most* bytes of *text*, cut between characters, with a note of how
/// many there were.
std::string clip(std::string text, size_t most = max_message_bytes);

} // namespace machine::orchestrator
