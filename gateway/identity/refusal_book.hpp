#pragma once

#include "runtime/security/audit_record.hpp"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace machine::gateway {

/// What was refused lately, so that whoever is refused a million times fills no
/// disk: the first of its kind is a record of its own, and those like it are
/// counted until somebody takes what was counted. Alike are refusals from the
/// same source, for the same action and reason.
///
/// A source is a principal; of whoever is nobody, an address, or all that a
/// customer of a provider has (the first 48 bits of IPv6). Each has a few
/// kinds, each tenant some sources, and those who are nobody as many. What is
/// beyond is one sum of the source, or of the tenant; so one source hides no
/// other, and no tenant another, but many sources together hide those that come
/// later.
class refusal_book {
public:
  /// Between two takings, no more than `1 + sources * (1 + 2 * kinds)` records
  /// come of each tenant, and of all who are nobody.
  struct bounds {
    size_t sources = 32;
    size_t kinds = 4;
  };

  refusal_book() = default;

  explicit refusal_book(bounds most) : most_(most) {}

  /// Counts *what*; what of it is to be written down at once.
  std::optional<security::audit_record> add(security::audit_record what);

  /// One record for each kind that was counted, with `times`. It begins anew.
  std::vector<security::audit_record> take();

  /// Whether nothing was refused since the last taking.
  bool empty() const {
    return tenants_.empty() && nobody_.empty();
  }

private:
  /// Address, action, status.
  using kind = std::tuple<std::string, std::string, uint16_t>;

  struct counted {
    /// Beside those that were written down.
    uint64_t count = 0;
    security::audit_record last;
  };

  struct source {
    std::map<kind, counted> kinds;
    counted others;
  };

  struct section {
    std::map<std::string, source> sources;
    counted others;

    bool empty() const {
      return sources.empty() && others.count == 0;
    }
  };

  static std::vector<security::audit_record> sums_of(section& from);

  bounds most_;
  std::map<std::string, section> tenants_;
  section nobody_;
};

} // namespace machine::gateway
