#pragma once

#include <cstdint>
#include <string>

/// Commands about the vault.
namespace machine::cli {

/// `secret set NAME`: the value itself is asked for, or read from the standard
/// input.
struct secret_set {
  std::string name;
};

struct secret_list {
  uint32_t limit = 50;
};

struct secret_remove {
  std::string name;
};

/// `secret rotate`: a new master key.
struct secret_rotate {};

} // namespace machine::cli
