#pragma once

#include "actors/costs/ledger/line.hpp"
#include "actors/models/delta.hpp"
#include "actors/models/desk/answer_cache.hpp"
#include "actors/models/embedding.hpp"
#include "runtime/error.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace machine::models {

/// What a client wants of the desk, for a call or for vectors.
struct order {
  std::string tenant;
  /// Who pays; the model is filled in.
  costs::call_account whose;
  /// A model's id, an alias, `auto`, or `auto:` and a preference.
  std::string model;
  /// The policy by which one is chosen; empty: that of the tenant.
  std::string policy;
  /// The kind of job, for the expected quality.
  std::string job = "general";
  /// What is good enough, 0 to 1; none: as the policy says.
  std::optional<double> minimum_quality;
  /// What it may cost at most.
  std::optional<micro_usd> money;
  /// By when it must have ended.
  std::optional<duration> deadline;
  /// Also given to the provider; empty: one is made up.
  std::string idempotency_key;
  /// The header by which a provider may go on with a trace.
  std::string traceparent;
};

struct chat_order : order {
  std::shared_ptr<const chat_request> request;
  /// Whoever ordered it wants the answer as a whole, and no pieces of it.
  bool whole = false;
  /// None: as the policy says.
  std::optional<cache_use> cache;
  /// How long the answer may be given again.
  duration keep_for{600'000};
};

struct embedding_order : order {
  std::shared_ptr<const embedding_request> request;
};

/// What somebody says later of an answer that they got.
struct verdict_order {
  std::string tenant;
  /// The id of its call.
  std::string call;
  std::optional<bool> tests_passed;
  /// By a person.
  std::optional<bool> accepted;
  /// Whether whoever says so may, who knows the project of the call.
  std::function<caf::error(const std::string& project)> may;
};

/// What is known of a call, more with time.
struct call_facts {
  /// Names the call: `d-` and 26 characters, of which the first tell when.
  std::string id;
  /// In the catalogue.
  std::string model;
  std::string provider;
  /// Of all tries.
  micro_usd cost = 0;
  /// Calls of providers, failed ones included.
  uint32_t tries = 0;
  /// Why this model, in one sentence.
  std::string why;
  /// At the end of a call for a whole answer: what the model lets be seen of
  /// its thoughts.
  std::string thoughts{};
  /// It was answered before, and nobody was asked.
  bool is_cached = false;
  /// What was answered before was not the same, but nearly.
  bool is_near = false;
  /// Whether the answer satisfies the schema that was asked for, where somebody
  /// knows.
  std::optional<bool> fits_schema;
  /// After an error: when it may go better.
  std::optional<duration> retry_after;
};

/// What becomes of an answer that broke off.
struct takeover {
  /// What was said so far is void, and a whole answer follows; else it is gone
  /// on from.
  bool restarts = false;
  /// A sentence for people.
  std::string why;
};

/// Whoever ordered a call. Each member is called on a thread that must not be
/// blocked; none after `on_end`, and not two at a time.
class call_watcher {
public:
  virtual ~call_watcher() = default;

  /// A model begins to answer.
  virtual void on_begin(const call_facts& facts) = 0;

  /// After `on_begin`: another one, or the same once more, takes over.
  virtual void on_takeover(const call_facts& facts, const takeover& how) = 0;

  virtual void on_delta(const answer_delta& piece) = 0;

  /// Once: the whole answer, or `budget_exceeded`, `unknown_price`, `no_model`,
  /// `not_found`, `timeout`, `cancelled`, `overloaded`, `context_exceeded`,
  /// `content_refused` or what the last provider said.
  virtual void on_end(const call_facts& facts,
                      caf::expected<chat_response> answer) = 0;
};

} // namespace machine::models
