#pragma once

#include "gateway/http/route.hpp"

#include <map>
#include <memory>
#include <vector>

namespace machine::gateway {

/// What a target leads to.
struct route_match {
  const route* what = nullptr;
  /// Path, parameters and query are filled in.
  http_request request;
  /// Methods that the path has, if the method is another.
  std::string allowed;
};

/// Finds routes by their targets, in a time that does not depend on how many
/// there are. Where a path fits two patterns, the one with the longer fixed
/// beginning counts. The table outlives the router.
class router {
public:
  router() = default;

  explicit router(const route_table& in);

  /// The route for *method* and *target*; for HEAD that for GET, unless it has
  /// one of its own. Fails with `invalid_argument` for a target that does not
  /// read, or a query that the route does not know.
  caf::expected<route_match> find(std::string_view method,
                                  std::string_view target) const;

private:
  struct end {
    const route* what = nullptr;
    /// Where its parameters stand in the path, and their names.
    std::vector<std::pair<size_t, std::string>> params;
  };

  struct place {
    std::map<std::string, std::unique_ptr<place>, std::less<>> fixed;
    std::unique_ptr<place> any;
    /// By method.
    std::map<std::string, end, std::less<>> ends;
  };

  const place* walk(const place& from, const std::vector<std::string>& parts,
                    size_t at) const;

  place root_;
};

/// Decodes `%41`; none for what is no encoding, no UTF-8 or has controls.
std::optional<std::string> decode_percent(std::string_view x);

} // namespace machine::gateway
