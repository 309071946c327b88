#pragma once

#include "actors/orchestrator/run/run.hpp"

#include <optional>
#include <string>
#include <vector>

/// What pools of workers and dispatch tell each other.
namespace machine::orchestrator {

/// How a worker left its attempt.
enum class ending : uint8_t {
  /// Its run knows how it went, or a later start of the machine finds out.
  quiet,
  /// The attempt was no longer its own.
  fenced,
  /// Its run has to be told.
  failed,
};

constexpr auto wire_names(ending) {
  return std::array<std::pair<std::string_view, ending>, 3>{{
    {"quiet", ending::quiet},
    {"fenced", ending::fenced},
    {"failed", ending::failed},
  }};
}

/// The end of a worker.
struct attempt_end {
  ending how = ending::quiet;
  /// Of the `ec` it failed with.
  std::string code;
  std::string message;

  static constexpr const char* wire_name = "attempt_end";

  static constexpr auto fields() {
    return wire::members(wire::field{"how", &attempt_end::how},
                         wire::field{"code", &attempt_end::code},
                         wire::field{"message", &attempt_end::message});
  }

  bool operator==(const attempt_end&) const = default;
};

/// Something that lives in a pool.
struct held_attempt {
  entity::key run;
  std::string activation;
  /// 0: left by an earlier pool of this name, which ended it.
  uint64_t token = 0;
  /// Set where the worker has ended and something of it lives still.
  std::optional<attempt_end> ended;

  static constexpr const char* wire_name = "held_attempt";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &held_attempt::run},
                         wire::field{"activation", &held_attempt::activation},
                         wire::field{"token", &held_attempt::token},
                         wire::field{"ended", &held_attempt::ended});
  }

  bool operator==(const held_attempt&) const = default;
};

/// All that a pool has and does. What it does not say is not so: an order that
/// crosses an offer is not begun.
struct pool_offer {
  std::string name;
  std::vector<std::string> labels;
  /// The kinds of attempts it can perform.
  std::vector<attempt_kind> kinds;
  /// Counts the offers of one pool; orders say which one they answer.
  uint64_t round = 0;
  /// Attempts that it can take now. The machine's own work is taken without,
  /// and may bring it below zero.
  int64_t credit = 0;
  std::vector<held_attempt> held;

  static constexpr const char* wire_name = "pool_offer";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &pool_offer::name},
                         wire::field{"labels", &pool_offer::labels},
                         wire::field{"kinds", &pool_offer::kinds},
                         wire::field{"round", &pool_offer::round},
                         wire::field{"credit", &pool_offer::credit},
                         wire::field{"held", &pool_offer::held});
  }

  bool operator==(const pool_offer&) const = default;
};

/// The kinds that a worker of this program can perform.
std::vector<attempt_kind> all_performed_kinds();

/// What a pool must have to perform an attempt.
struct need {
  attempt_kind kind = attempt_kind::command;
  /// In their order, each once.
  std::vector<std::string> labels;

  auto operator<=>(const need&) const = default;
};

need need_of(const attempt_order& order);

/// Whether *pool* could perform what has the need *what*.
/// @param pool Its labels are in their order.
bool fits(const pool_offer& pool, const need& what);

/// For people: why none of *pools* can perform *order*, and what to do.
std::string explain_lack(const attempt_order& order,
                         const std::vector<const pool_offer*>& pools);

} // namespace machine::orchestrator
