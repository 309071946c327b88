#include "runtime/store/nodes.hpp"

#include "runtime/store/check.hpp"
#include "runtime/store/codec.hpp"

namespace machine::store::lmdb {

caf::error put_node(writer& out, node_row node) {
  node.seen_at = wall_clock();
  auto content = encode(node);
  return out.perform(
    content.size(), [&](transaction& tx, const tables& in) -> verdict {
      MDB_stat all{};
      if (auto code = mdb_stat(tx.handle(), in.nodes, &all))
        return {code};
      if (all.ms_entries >= max_nodes
          && tx.get(in.nodes, node.id).code == MDB_NOTFOUND)
        return {MDB_SUCCESS,
                make_error(ec::limit_exceeded,
                           std::to_string(all.ms_entries)
                             + " nodes are known, too many to add " + node.id
                             + "; remove those that are gone")};
      return {put_sealed(tx, in.nodes, node.id, content)};
    });
}

caf::error remove_node(writer& out, const std::string& id) {
  // No node has such a name, and LMDB takes none.
  if (id.empty() || id.size() > max_name_part)
    return caf::none;
  return out.perform(id.size(), [&](transaction& tx, const tables& in) {
    return verdict{tx.remove(in.nodes, id)};
  });
}

caf::expected<std::vector<node_row>> read_nodes(const transaction& tx,
                                                const tables& in) {
  std::vector<node_row> result;
  cursor rows{tx, in.nodes};
  for (auto ok = rows.first(); ok; ok = rows.next()) {
    auto content = unseal(rows.key(), rows.value());
    auto node = content ? decode_node(*content)
                        : caf::expected<node_row>{content.error()};
    if (!node)
      return with_context("node " + std::string{rows.key()}, node.error());
    result.push_back(std::move(*node));
  }
  if (rows.status() != MDB_NOTFOUND)
    return to_error(rows.status(), "reading the nodes");
  return result;
}

} // namespace machine::store::lmdb
