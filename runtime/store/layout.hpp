#pragma once

#include "runtime/store/transaction.hpp"

namespace machine::store::lmdb {

/// Makes sure that an environment may be written to: that it is a store of the
/// layout that this code knows, or holds nothing yet. `invalid_argument` for
/// another layout, or for what another program keeps there.
caf::error check_layout(const transaction& tx);

} // namespace machine::store::lmdb
