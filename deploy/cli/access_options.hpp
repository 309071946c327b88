#pragma once

#include "runtime/types.hpp"

#include <map>
#include <optional>
#include <string>

/// Commands about who may do what: tenants, principals and keys.
namespace machine::cli {

struct tenant_create {
  std::string id;
  std::optional<std::string> name;
};

struct tenant_list {
  uint32_t limit = 50;
};

struct tenant_show {
  /// None: that of whoever asks.
  std::optional<std::string> id;
};

struct tenant_suspend {
  std::string id;
};

struct tenant_resume {
  std::string id;
};

struct principal_create {
  std::string id;
  std::optional<std::string> name;
  /// A program, which has no password.
  bool service = false;
  /// In the whole tenant.
  std::optional<std::string> role;
  /// By project.
  std::map<std::string, std::string> projects;
};

struct principal_list {
  uint32_t limit = 50;
};

struct principal_show {
  std::string id;
};

/// `principal role ID ROLE`, or `none`.
struct principal_role {
  std::string id;
  std::string role;
  /// None: in the whole tenant.
  std::optional<std::string> project;
};

struct principal_disable {
  std::string id;
};

struct principal_enable {
  std::string id;
};

struct principal_remove {
  std::string id;
};

/// `principal password [ID]`: the password itself is asked for.
struct principal_password {
  /// None: of whoever asks, who says the old one.
  std::optional<std::string> id;
};

struct key_create {
  /// None: of whoever asks.
  std::optional<std::string> principal;
  std::optional<std::string> name;
  /// At most this role.
  std::optional<std::string> role;
  /// In this project alone.
  std::optional<std::string> project;
  /// From now on; none: until it is revoked.
  std::optional<duration> life;
};

struct key_list {
  uint32_t limit = 50;
};

struct key_rotate {
  std::string id;
  /// How long the old one goes on.
  std::optional<duration> grace;
};

struct key_revoke {
  std::string id;
};

} // namespace machine::cli
