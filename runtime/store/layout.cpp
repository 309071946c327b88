#include "runtime/store/layout.hpp"

#include "runtime/store/codec.hpp"
#include "runtime/store/keys.hpp"
#include "runtime/store/tables.hpp"

#include <algorithm>

namespace machine::store::lmdb {

namespace {

caf::error foreign() {
  return make_error(ec::invalid_argument,
                    "it holds an LMDB environment that is no store; name "
                    "another directory");
}

bool is_table(std::string_view name) {
  const auto all = tables::list();
  return std::any_of(all.begin(), all.end(),
                     [&](auto& x) { return x.first == name; });
}

/// A new store, or one whose creation was interrupted.
caf::error check_empty(const transaction& tx) {
  MDB_dbi root = 0;
  if (auto code = mdb_dbi_open(tx.handle(), nullptr, 0, &root))
    return to_error(code, "looking for its tables");
  cursor names{tx, root};
  for (auto ok = names.first(); ok; ok = names.next()) {
    if (!is_table(names.key()))
      return foreign();
    MDB_dbi table = 0;
    MDB_stat content{};
    auto code =
      mdb_dbi_open(tx.handle(), std::string{names.key()}.c_str(), 0, &table);
    if (code == MDB_SUCCESS)
      code = mdb_stat(tx.handle(), table, &content);
    if (code == MDB_INCOMPATIBLE || (code == 0 && content.ms_entries > 0))
      return foreign();
    if (code != MDB_SUCCESS)
      return to_error(code, "looking at its tables");
  }
  if (names.status() != MDB_NOTFOUND)
    return to_error(names.status(), "looking for its tables");
  return caf::none;
}

} // namespace

caf::error check_layout(const transaction& tx) {
  MDB_dbi meta = 0;
  auto code = mdb_dbi_open(tx.handle(), "meta", 0, &meta);
  if (code == MDB_INCOMPATIBLE)
    return foreign();
  if (code == MDB_NOTFOUND)
    return check_empty(tx);
  if (code != MDB_SUCCESS)
    return to_error(code, "looking for its layout");
  auto content = get_sealed(tx, meta, tables::format_key);
  if (!content)
    return with_context("the store's layout", content.error());
  if (!*content)
    return check_empty(tx);
  if (auto format = number_at_end(**content); format != tables::format)
    return make_error(ec::invalid_argument,
                      "the store has layout " + std::to_string(format)
                        + ", and this program knows layout "
                        + std::to_string(tables::format)
                        + "; use the program that wrote it");
  return caf::none;
}

} // namespace machine::store::lmdb
