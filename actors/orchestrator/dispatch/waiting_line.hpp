#pragma once

#include "actors/orchestrator/dispatch/activation_key.hpp"
#include "actors/orchestrator/dispatch/rotation.hpp"

#include <functional>
#include <set>

namespace machine::orchestrator {

/// Orders that wait for a worker. Tenants take turns, then the runs of a
/// tenant, and of one run goes what came first; who has turns but nothing that
/// a pool can perform is passed over, and keeps its turn.
class waiting_line {
public:
  /// Whether anybody there could perform what has this need.
  using judge = std::function<bool(const need&)>;

  struct entry {
    activation_key at;
    attempt_order order;
    need what;
    /// When it came.
    duration since{0};
  };

  /// Nothing of *at* waits.
  void add(activation_key at, attempt_order order, duration now,
           const judge& possible);

  /// Null: it does not wait.
  const attempt_order* find(const activation_key& at) const;

  std::optional<attempt_order> remove(const activation_key& at);

  /// Takes out what *pool* is to perform next.
  std::optional<entry> take(const pool_offer& pool);

  size_t size() const {
    return entries_.size();
  }

  /// The pools that are there are others now.
  void review(duration now, const judge& possible);

  /// What nobody could perform for *patience*, and has waited as long.
  std::vector<activation_key> overdue(duration now, duration patience) const;

  /// When something is overdue next.
  std::optional<duration> next_overdue(duration patience) const;

private:
  /// What waits with one need, by when it came.
  struct lane {
    std::set<uint64_t> places;
    /// Set while nobody could perform it.
    std::optional<duration> impossible_since;
  };

  using run_line = std::map<need, std::set<uint64_t>>;

  struct tenant_line {
    rotation turns;
    std::map<std::string, run_line> runs;
  };

  entry extract(uint64_t place);

  std::map<uint64_t, entry> entries_;
  std::map<activation_key, uint64_t> places_;
  std::map<need, lane> lanes_;
  rotation turns_;
  std::map<std::string, tenant_line> tenants_;
  uint64_t last_place_ = 0;
};

} // namespace machine::orchestrator
