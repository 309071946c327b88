#include "runtime/store/erase.hpp"

#include "runtime/store/rows.hpp"

#include <algorithm>

namespace machine::store::lmdb {

namespace {

/// Removes the last of the *count* events that the stream *number* has left.
/// @returns what LMDB returns.
int remove_events(transaction& tx, const tables& in, uint64_t number,
                  uint64_t count) {
  auto end = count - std::min(count, max_erased_events);
  for (auto seq = count; seq > end; --seq)
    if (auto code = tx.remove(in.events, pair_key(number, seq)))
      return code;
  if (end == 0)
    return tx.remove(in.erased, number_key(number));
  return put_sealed(tx, in.erased, number_key(number), number_key(end));
}

} // namespace

int erase_stream(transaction& tx, const tables& in, const prepared_erase& what,
                 const head& at) {
  if (auto code = remove_row(tx, in, what.stream, at.number))
    return code;
  if (auto code = tx.remove(in.snapshots, number_key(at.number)))
    return code;
  if (auto code = tx.remove(in.streams, what.key))
    return code;
  return remove_events(tx, in, at.number, at.last_seq);
}

verdict remove_erased(transaction& tx, const tables& in, bool& left) {
  uint64_t number = 0;
  uint64_t count = 0;
  {
    cursor at{tx, in.erased};
    left = at.first();
    if (!left)
      return {at.status() == MDB_NOTFOUND ? MDB_SUCCESS : at.status()};
    number = number_at_end(at.key());
    auto content = unseal(at.key(), at.value());
    auto known = content ? decode_number(*content)
                         : caf::expected<uint64_t>{content.error()};
    if (!known)
      return {MDB_SUCCESS,
              with_context("erased stream number " + std::to_string(number),
                           known.error())};
    count = *known;
  }
  return {remove_events(tx, in, number, count)};
}

} // namespace machine::store::lmdb
