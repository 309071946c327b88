#pragma once

#include "runtime/store/writer.hpp"

namespace machine::store::lmdb {

/// See `engine::put_node`.
caf::error put_node(writer& out, node_row node);

/// See `engine::remove_node`.
caf::error remove_node(writer& out, const std::string& id);

/// See `engine::nodes`.
caf::expected<std::vector<node_row>> read_nodes(const transaction& tx,
                                                const tables& in);

} // namespace machine::store::lmdb
