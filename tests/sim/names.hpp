#pragma once

#include "runtime/entity/entity.hpp"

#include <string>
#include <string_view>

/// What entities are called here: by their id, and those of the second tenant
/// with a mark before it. The cores know only tenants and ids, which both have
/// the same.
namespace machine::sim {

constexpr const char* first_tenant = "t";
constexpr const char* second_tenant = "u";
constexpr std::string_view mark_of_second = "u:";

/// The id of the one project of each tenant. Their ledgers have one, too
/// (`costs::ledger_id`).
constexpr const char* the_project = "default";

inline bool is_of_second(std::string_view name) {
  return name.starts_with(mark_of_second);
}

/// What the entity *name* is called by its tenant.
inline std::string id_of(std::string_view name) {
  return std::string{is_of_second(name) ? name.substr(mark_of_second.size())
                                        : name};
}

inline entity::key key_of(std::string_view name) {
  return {is_of_second(name) ? second_tenant : first_tenant, id_of(name)};
}

inline std::string name_of(const entity::key& key) {
  return key.tenant == second_tenant ? std::string{mark_of_second} + key.id
                                     : key.id;
}

/// What the tenant of the entity *name* calls *id*.
inline std::string beside(std::string_view name, const std::string& id) {
  return name_of({key_of(name).tenant, id});
}

} // namespace machine::sim
