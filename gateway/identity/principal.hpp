#pragma once

#include "actors/tenants/role.hpp"
#include "runtime/types.hpp"

#include <map>
#include <optional>
#include <string>

namespace machine::gateway {

/// Who asks, and what they may do.
struct principal {
  enum class nature : uint8_t {
    /// A person.
    user,
    /// A program with a key of its own.
    service,
    /// Somebody for whom an outside issuer vouches.
    outsider,
    /// Who runs this machine, and can read its data directory.
    machine,
  };

  /// The tenant that they act in. What they do concerns nobody else.
  std::string tenant;
  /// The tenant that knows them: another one only for who runs the machine.
  std::string home;
  std::string id;
  nature kind = nature::user;
  /// In every project of the tenant.
  std::optional<tenants::role> everywhere;
  std::map<std::string, tenants::role> projects;
  /// When their tenant made them: who had their name before is somebody else.
  /// None for those whom no tenant makes.
  std::optional<timestamp> made_at;
  /// The key that they came with, by its id.
  std::optional<std::string> key;

  /// What they are in *project*; none: nothing.
  std::optional<tenants::role> role_in(const std::string& project) const {
    auto result = everywhere;
    if (auto i = projects.find(project); i != projects.end())
      if (!result || tenants::covers(i->second, *result))
        result = i->second;
    return result;
  }

  bool may(tenants::role need) const {
    return everywhere && tenants::covers(*everywhere, need);
  }

  bool may_in(const std::string& project, tenants::role need) const {
    auto have = role_in(project);
    return have && tenants::covers(*have, need);
  }

  bool may_somewhere(tenants::role need) const {
    if (may(need))
      return true;
    for (auto& [project, have] : projects)
      if (tenants::covers(have, need))
        return true;
    return false;
  }

  /// Whether they may do with the whole machine what *need* may.
  bool may_to_machine(tenants::role need) const;
};

} // namespace machine::gateway
