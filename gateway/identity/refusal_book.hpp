#pragma once

#include "runtime/security/audit_record.hpp"

#include <map>
#include <optional>
#include <tuple>
#include <vector>

namespace machine::gateway {

/// What was refused lately, so that whoever is refused a million times fills no
/// disk: the first of its kind is a record of its own, and those like it are
/// counted until somebody takes what was counted. Alike are refusals of the
/// same principal, from the same address, for the same action and reason.
///
/// Between two takings no more than twice `max_kinds` records come of it, and
/// one for all that were of still other kinds.
class refusal_book {
public:
  /// @param rest The tenant whose log has what there are too many kinds of.
  explicit refusal_book(std::string rest, size_t max_kinds = 64)
      : rest_(std::move(rest)), max_kinds_(max_kinds) {}

  /// Counts *what*; what of it is to be written down at once.
  std::optional<security::audit_record> add(security::audit_record what);

  /// One record for each kind that was counted, with `times`. It begins anew.
  std::vector<security::audit_record> take();

  /// Whether nothing was refused since the last taking.
  bool empty() const {
    return kinds_.empty() && others_.count == 0;
  }

private:
  /// Tenant, principal, address, action, status.
  using kind =
    std::tuple<std::string, std::string, std::string, std::string, uint16_t>;

  struct counted {
    /// Beside those that were written down.
    uint64_t count = 0;
    security::audit_record last;
  };

  std::string rest_;
  size_t max_kinds_;
  std::map<kind, counted> kinds_;
  counted others_;
};

} // namespace machine::gateway
