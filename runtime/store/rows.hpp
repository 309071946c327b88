#pragma once

#include "runtime/store/environment.hpp"
#include "runtime/store/prepare.hpp"

namespace machine::store::lmdb {

/// Writes the row of the stream *number* and brings the indexes of rows up to
/// it.
/// @returns what LMDB returns.
int write_row(transaction& tx, const tables& in, const prepared_stream& part,
              uint64_t number);

/// Removes the row of the stream *number*, if it has one, and the entries by
/// which it is found.
/// @returns what LMDB returns.
int remove_row(transaction& tx, const tables& in, const stream_id& id,
               uint64_t number);

/// The row of the stream *number* with what its head knows; `not_found` if
/// there is none.
caf::expected<listed_row> read_row(const transaction& tx, const tables& in,
                                   uint64_t number);

/// One page of a list; see `engine::list`.
caf::expected<page> list_rows(const transaction& tx, const tables& in,
                              const query& what);

} // namespace machine::store::lmdb
