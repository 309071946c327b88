#pragma once

#include "runtime/store/writer.hpp"

namespace machine::store::lmdb {

/// Marks what nobody names, and deletes what was marked at least *grace* ago;
/// see `engine::collect_garbage`. One at a time.
///
/// The tables are read as they were at the beginning. So what is appended
/// since then is remembered by the writer, and looked at before anything is
/// deleted; so is the mark, which an append of the blob takes away.
caf::expected<garbage_report> collect(environment& env, writer& out,
                                      duration grace,
                                      const std::stop_token& stop);

} // namespace machine::store::lmdb
