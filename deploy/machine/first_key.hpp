#pragma once

#include "runtime/error.hpp"

#include <optional>
#include <string>

namespace machine {

class node;

} // namespace machine

namespace machine::deploy {

/// The principal that a new machine has.
constexpr const char* first_principal = "admin";

/// Makes the tenant that a machine has from the start, in it an administrator,
/// and a key for them: its secret, which nobody can find out later. None if the
/// tenant has a key or anybody else already. Blocks.
caf::expected<std::optional<std::string>> make_first_key(node& in);

} // namespace machine::deploy
