#pragma once

#include "actors/tenants/role.hpp"

#include <string>
#include <utility>

namespace machine::gateway {

/// Who may use a route. There is none by default, so a route without one does
/// not compile.
class permission {
public:
  /// In what the role is needed.
  enum class place : uint8_t {
    /// Whoever they are.
    anywhere,
    /// Whatever they may do, if they are known.
    known,
    /// In the whole tenant.
    tenant,
    /// In the project that a parameter of the path names.
    project,
    /// In the project of the run that a parameter of the path names.
    run,
    /// In a project that the handler finds out; it gets in who has the role
    /// somewhere, and checks.
    somewhere,
    /// In the machine, for all its tenants.
    machine,
  };

  /// Everybody, without a key.
  static permission anybody() {
    return {place::anywhere, tenants::role::viewer, {}};
  }

  /// Everybody who has a valid key.
  static permission anyone_known() {
    return {place::known, tenants::role::viewer, {}};
  }

  static permission in_tenant(tenants::role need) {
    return {place::tenant, need, {}};
  }

  static permission in_project(tenants::role need,
                               std::string parameter = "project") {
    return {place::project, need, std::move(parameter)};
  }

  static permission of_run(tenants::role need, std::string parameter = "id") {
    return {place::run, need, std::move(parameter)};
  }

  static permission somewhere(tenants::role need) {
    return {place::somewhere, need, {}};
  }

  static permission of_machine(tenants::role need) {
    return {place::machine, need, {}};
  }

  /// The same, and the audit log has nothing of it unless it is refused: what
  /// changes nothing, or is written down where it happens, as all that becomes
  /// of tasks and runs is.
  permission unaudited() && {
    audited_ = false;
    return std::move(*this);
  }

  /// Whether it is written down before it is done, if it changes anything.
  bool is_audited() const {
    return audited_;
  }

  /// The same, and nobody is slowed down: for what watches the machine, and
  /// must not be turned away because somebody else asks a lot.
  permission unlimited() && {
    limited_ = false;
    return std::move(*this);
  }

  /// Whether its requests count.
  bool is_limited() const {
    return limited_;
  }

  place where() const {
    return where_;
  }

  tenants::role need() const {
    return need_;
  }

  /// Of the path; empty unless `where` is `project` or `run`.
  const std::string& parameter() const {
    return parameter_;
  }

private:
  permission(place where, tenants::role need, std::string parameter)
      : where_(where), need_(need), parameter_(std::move(parameter)) {}

  place where_;
  tenants::role need_;
  std::string parameter_;
  bool audited_ = true;
  bool limited_ = true;
};

} // namespace machine::gateway
