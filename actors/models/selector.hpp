#pragma once

#include "actors/models/catalogue.hpp"
#include "runtime/wire/codec.hpp"

namespace machine::models {

/// What a call needs of its model.
struct selection_request {
  /// The kind of job, for the expected quality.
  std::string job = "general";
  /// The one model that may be used; none: the best of all.
  std::optional<std::string> pinned;
  bool needs_tools = false;
  bool needs_structured_output = false;
  /// Upper bound on the prompt's tokens: what money is set aside by.
  uint64_t prompt_tokens = 0;
  /// How many of them are sound.
  uint64_t audio_tokens = 0;
  /// The provider is asked to keep a part of the prompt for an hour.
  bool kept_for_hour = false;
  bool needs_images = false;
  bool needs_documents = false;
  bool needs_audio = false;
  /// What the prompt's tokens probably are: what a context must have room for.
  uint64_t estimated_tokens = 0;
  /// The longest answer that is of use. A model whose answers are shorter, or
  /// whose context leaves less room, is asked for less.
  uint32_t max_output_tokens = 4'096;
  /// What may at most be spent on the call; none: no bound.
  std::optional<micro_usd> money;
  /// What is good enough, 0 to 1.
  double minimum_quality = 0.6;
  /// Providers that are not to be used now, and why: no key, cooling down.
  std::map<std::string, std::string> unusable;
  /// Models that are not to be used now, and why.
  std::map<std::string, std::string> excluded;

  static constexpr const char* wire_name = "selection_request";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"job", &selection_request::job},
      wire::field{"pinned", &selection_request::pinned},
      wire::field{"needs_tools", &selection_request::needs_tools},
      wire::field{"needs_structured_output",
                  &selection_request::needs_structured_output},
      wire::field{"prompt_tokens", &selection_request::prompt_tokens},
      wire::later{"audio_tokens", &selection_request::audio_tokens},
      wire::later{"kept_for_hour", &selection_request::kept_for_hour},
      wire::later{"needs_images", &selection_request::needs_images},
      wire::later{"needs_documents", &selection_request::needs_documents},
      wire::later{"needs_audio", &selection_request::needs_audio},
      wire::field{"estimated_tokens", &selection_request::estimated_tokens},
      wire::field{"max_output_tokens", &selection_request::max_output_tokens},
      wire::field{"money", &selection_request::money},
      wire::field{"minimum_quality", &selection_request::minimum_quality},
      wire::field{"unusable", &selection_request::unusable},
      wire::field{"excluded", &selection_request::excluded});
  }
};

/// A model that could do it.
struct candidate {
  std::string model;
  double quality = 0;
  /// The longest answer that it is asked for.
  uint32_t max_output_tokens = 0;
  /// The most that the call can cost.
  micro_usd worst_case = 0;
  /// What it costs if the answer is as long as answers of this kind usually
  /// are; where nothing is known of them, a quarter of its bound.
  micro_usd expected = 0;
  /// The standard deviation of what is known of `quality`; 0: not asked.
  double quality_deviation = 0;
  /// Until the whole answer is there.
  std::optional<duration> latency{};
  /// What it is worth under the policy; see `utility`.
  double utility = 0;
  /// It comes first not for its worth, but to learn how good it is.
  bool explored = false;

  static constexpr const char* wire_name = "candidate";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"model", &candidate::model},
      wire::field{"quality", &candidate::quality},
      wire::field{"max_output_tokens", &candidate::max_output_tokens},
      wire::field{"worst_case", &candidate::worst_case},
      wire::field{"expected", &candidate::expected},
      wire::later{"quality_deviation", &candidate::quality_deviation},
      wire::field{"latency", &candidate::latency},
      wire::later{"utility", &candidate::utility},
      wire::later{"explored", &candidate::explored});
  }

  bool operator==(const candidate&) const = default;
};

struct rejection {
  std::string model;
  std::string reason;

  static constexpr const char* wire_name = "rejection";

  static constexpr auto fields() {
    return wire::members(wire::field{"model", &rejection::model},
                         wire::field{"reason", &rejection::reason});
  }

  bool operator==(const rejection&) const = default;
};

/// One explained choice: the best candidate comes first.
struct decision {
  std::vector<candidate> candidates;
  std::vector<rejection> rejections;
  /// One sentence.
  std::string why;
  /// How long to wait before asking again, where only pauses of providers stand
  /// in the way; the candidates are those of after the pause.
  std::optional<duration> wait;
  /// How much more the first candidate is expected to cost than what would have
  /// been chosen without exploring.
  micro_usd exploration_cost = 0;

  static constexpr const char* wire_name = "decision";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"candidates", &decision::candidates},
      wire::field{"rejections", &decision::rejections},
      wire::field{"why", &decision::why}, wire::field{"wait", &decision::wait},
      wire::later{"exploration_cost", &decision::exploration_cost});
  }

  bool operator==(const decision&) const = default;
};

/// Hard constraints first, then the cheapest that is good enough; if none is
/// good enough, the best. Fails with `not_found` (pinned model),
/// `budget_exceeded` (only money stands in the way), `unknown_price` or
/// `no_model`; each lists the reasons.
caf::expected<decision> select(const catalogue& from,
                               const selection_request& what);

/// What a call with *request* needs, as far as the request says.
void take_needs(selection_request& wish, const chat_request& request);

/// What *model* is expected to be worth for *job*.
double quality_of(const model_entry& model, const std::string& job);

} // namespace machine::models

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::models::selection_request>;
extern template struct machine::wire::message_codec<
  machine::models::selection_request>;
extern template struct machine::wire::codec<machine::models::decision>;
extern template struct machine::wire::message_codec<machine::models::decision>;
