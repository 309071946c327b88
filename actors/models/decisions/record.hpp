#pragma once

#include "actors/costs/ledger/budget.hpp"
#include "actors/models/routing/replay.hpp"

namespace machine::models {

/// How a call ended for whoever ordered it.
enum class decision_end : uint8_t {
  answered,
  /// With an answer that was given before; nobody was asked.
  cached,
  failed,
  /// Nobody wanted the answer any more.
  cancelled,
};

constexpr auto wire_names(decision_end) {
  return std::array<std::pair<std::string_view, decision_end>, 4>{{
    {"answered", decision_end::answered},
    {"cached", decision_end::cached},
    {"failed", decision_end::failed},
    {"cancelled", decision_end::cancelled},
  }};
}

/// What was asked for, beside the prompt, which is kept nowhere.
struct decision_wish {
  /// As the client named it: an id, an alias, `auto`, `auto:cheap`.
  std::string model;
  /// The policy by which one was chosen.
  std::string policy;
  preference prefer = preference::balanced;
  std::string job;
  /// What the prompt's tokens probably were.
  uint64_t prompt_tokens = 0;
  uint32_t max_output_tokens = 0;
  double minimum_quality = 0;
  std::optional<micro_usd> money;
  std::optional<duration> deadline;

  static constexpr const char* wire_name = "decision_wish";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"model", &decision_wish::model},
      wire::field{"policy", &decision_wish::policy},
      wire::field{"prefer", &decision_wish::prefer},
      wire::field{"job", &decision_wish::job},
      wire::field{"prompt_tokens", &decision_wish::prompt_tokens},
      wire::field{"max_output_tokens", &decision_wish::max_output_tokens},
      wire::field{"minimum_quality", &decision_wish::minimum_quality},
      wire::field{"money", &decision_wish::money},
      wire::field{"deadline", &decision_wish::deadline});
  }

  bool operator==(const decision_wish&) const = default;
};

enum class decision_mode : uint8_t {
  fresh,
  /// While another one had not answered yet.
  beside,
  /// Went on from the text that the client had.
  resumed,
};

constexpr auto wire_names(decision_mode) {
  return std::array<std::pair<std::string_view, decision_mode>, 3>{{
    {"fresh", decision_mode::fresh},
    {"beside", decision_mode::beside},
    {"resumed", decision_mode::resumed},
  }};
}

/// One model that was asked, or was to be, and what came of it.
struct decision_try {
  std::string model;
  std::string provider;
  decision_mode mode = decision_mode::fresh;
  /// It left the machine.
  bool asked = false;
  /// The name of what went wrong, `provider_failed`; empty: it answered.
  std::string error;
  std::string why;
  micro_usd cost = 0;
  std::optional<duration> first_byte;
  duration took{0};
  std::optional<token_usage> usage;

  static constexpr const char* wire_name = "decision_try";

  static constexpr auto fields() {
    return wire::members(wire::field{"model", &decision_try::model},
                         wire::field{"provider", &decision_try::provider},
                         wire::field{"mode", &decision_try::mode},
                         wire::field{"asked", &decision_try::asked},
                         wire::field{"error", &decision_try::error},
                         wire::field{"why", &decision_try::why},
                         wire::field{"cost", &decision_try::cost},
                         wire::field{"first_byte", &decision_try::first_byte},
                         wire::field{"took", &decision_try::took},
                         wire::field{"usage", &decision_try::usage});
  }

  bool operator==(const decision_try&) const = default;
};

/// What happened, beside which the estimate stands.
struct decision_result {
  decision_end end = decision_end::failed;
  /// Who answered, or was asked last; empty: nobody was.
  std::string model;
  std::string provider;
  /// Of all tries.
  micro_usd cost = 0;
  /// From the order to the end.
  duration took{0};
  /// The place in the tries of the one that answered.
  std::optional<uint32_t> answered_by;
  /// What is known of the answer.
  answer_verdict verdict;
  /// The name of what went wrong, and a sentence.
  std::string error;
  std::string why;

  static constexpr const char* wire_name = "decision_result";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"end", &decision_result::end},
      wire::field{"model", &decision_result::model},
      wire::field{"provider", &decision_result::provider},
      wire::field{"cost", &decision_result::cost},
      wire::field{"took", &decision_result::took},
      wire::field{"answered_by", &decision_result::answered_by},
      wire::field{"verdict", &decision_result::verdict},
      wire::field{"error", &decision_result::error},
      wire::field{"why", &decision_result::why});
  }

  bool operator==(const decision_result&) const = default;
};

/// A call of a model that has ended: why which model was asked, and what came
/// of it. Holds nothing of what was said.
struct decision_record {
  /// That of the call.
  std::string id;
  timestamp at{};
  timestamp ended_at{};
  /// Who paid.
  costs::call_account whose;
  decision_wish asked;
  /// Candidates with their estimates, rejections with their reasons, and why.
  decision chosen;
  /// How many there were; more than `chosen` has were left out.
  uint64_t candidates = 0;
  uint64_t rejections = 0;
  std::vector<decision_try> tries;
  decision_result result;
  /// What a choice depends on, for `replay`; none: it was too much to be kept,
  /// or nothing was chosen.
  std::optional<selection_request> needs;

  static constexpr const char* wire_name = "decision_record";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"id", &decision_record::id},
      wire::field{"at", &decision_record::at},
      wire::field{"ended_at", &decision_record::ended_at},
      wire::field{"whose", &decision_record::whose},
      wire::field{"asked", &decision_record::asked},
      wire::field{"chosen", &decision_record::chosen},
      wire::field{"candidates", &decision_record::candidates},
      wire::field{"rejections", &decision_record::rejections},
      wire::field{"tries", &decision_record::tries},
      wire::field{"result", &decision_record::result},
      wire::field{"needs", &decision_record::needs});
  }
};

/// A decision, and whose it is.
struct noted_decision {
  std::string tenant;
  decision_record what;
};

/// Bounds on what is kept of one decision.
constexpr size_t max_kept_candidates = 50;
constexpr size_t max_kept_rejections = 200;
constexpr size_t max_kept_reason = 300;
constexpr size_t max_kept_exclusions = 500;

/// *x* within the bounds: the best candidates, and the first rejections.
decision_record trimmed(decision_record x);

/// About what it takes in memory; takes no longer than to look at it.
size_t bytes_of(const noted_decision& x);

/// The call as `replay` takes it; none: nobody answered it, or it was too much
/// to be kept.
std::optional<routed_call> routed_of(const decision_record& x);

} // namespace machine::models

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::models::decision_record>;
extern template struct machine::wire::message_codec<
  machine::models::decision_record>;
