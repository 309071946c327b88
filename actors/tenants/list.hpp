#pragma once

#include "runtime/store/store.hpp"

#include <string>
#include <vector>

namespace machine::tenants {

/// The names of all tenants, suspended ones too, and that of who has the
/// machine for themselves first: it is there without having been made. Blocks.
caf::expected<std::vector<std::string>> list_tenants(store::engine& engine);

} // namespace machine::tenants
