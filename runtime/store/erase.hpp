#pragma once

#include "runtime/store/codec.hpp"
#include "runtime/store/environment.hpp"
#include "runtime/store/prepare.hpp"

namespace machine::store::lmdb {

/// Events that one transaction removes of a stream.
constexpr uint64_t max_erased_events = 1'000;

/// Removes the stream *what*, whose head is *at*. From now on there is no such
/// stream. Events beyond `max_erased_events` stay behind, where nobody finds
/// them, until `remove_erased` is called.
/// @returns what LMDB returns.
int erase_stream(transaction& tx, const tables& in, const prepared_erase& what,
                 const head& at);

/// Removes up to `max_erased_events` events of streams that are no more; *left*
/// says whether there are others.
verdict remove_erased(transaction& tx, const tables& in, bool& left);

} // namespace machine::store::lmdb
