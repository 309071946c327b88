#include "runtime/store/read.hpp"

#include "runtime/store/blob.hpp"
#include "runtime/store/check.hpp"
#include "runtime/store/codec.hpp"
#include "runtime/store/keys.hpp"
#include "runtime/store/rows.hpp"
#include "runtime/store/write_batch.hpp"

#include <algorithm>

namespace machine::store::lmdb {

namespace {

/// The head of *stream*; its number is 0 if it does not exist.
caf::expected<head> head_of(const transaction& tx, const tables& in,
                            const stream_id& stream) {
  auto at = read_head(tx, in, stream_key(stream));
  if (!at)
    return with_context(to_string(stream), at.error());
  return at->value_or(head{});
}

} // namespace

caf::expected<std::vector<stored_event>>
read_events(const transaction& tx, const tables& in, const stream_id& stream,
            uint64_t from, size_t max_count, size_t max_bytes) {
  std::vector<stored_event> result;
  auto at = head_of(tx, in, stream);
  if (!at)
    return std::move(at.error());
  from = std::max<uint64_t>(from, 1);
  if (from > at->last_seq || max_count == 0)
    return result;
  auto count = std::min<uint64_t>(max_count, at->last_seq - from + 1);
  // What the reader does not want is not made room for.
  result.reserve(std::min<uint64_t>(count, 1 + max_bytes / 64));
  cursor events{tx, in.events};
  size_t size = 0;
  auto ok = events.seek(pair_key(at->number, from));
  for (auto seq = from; seq < from + count; ++seq, ok = events.next()) {
    auto name = [&] {
      return to_string(stream) + " event " + std::to_string(seq);
    };
    if (!ok && events.status() != MDB_NOTFOUND)
      return with_context(name(), to_error(events.status(), "reading"));
    auto key = pair_key(at->number, seq);
    if (!ok || events.key() != std::string_view{key})
      return make_error(ec::corrupt, name() + " is missing");
    size += payload_size(events.value());
    if (!result.empty() && size > max_bytes)
      break;
    auto event = unseal_event(key, events.value(), seq);
    if (!event)
      return with_context(name(), event.error());
    result.push_back(std::move(*event));
  }
  return result;
}

caf::expected<uint64_t> read_last_seq(const transaction& tx, const tables& in,
                                      const stream_id& stream) {
  auto at = head_of(tx, in, stream);
  if (!at)
    return std::move(at.error());
  return at->last_seq;
}

caf::expected<std::optional<snapshot>> read_snapshot(const transaction& tx,
                                                     const tables& in,
                                                     const stream_id& stream) {
  auto at = head_of(tx, in, stream);
  if (!at)
    return std::move(at.error());
  auto content = get_sealed(tx, in.snapshots, number_key(at->number));
  if (!content && code_of(content.error()) != ec::corrupt)
    return with_context(to_string(stream), content.error());
  if (!content || !*content)
    return std::optional<snapshot>{};
  auto image = decode_snapshot(**content);
  if (!image)
    return std::optional<snapshot>{};
  return std::optional<snapshot>{std::move(*image)};
}

caf::expected<listed_row> read_summary(const transaction& tx, const tables& in,
                                       const stream_id& stream) {
  auto at = head_of(tx, in, stream);
  if (!at)
    return std::move(at.error());
  auto row = read_row(tx, in, at->number);
  if (!row && code_of(row.error()) == ec::not_found)
    return make_error(ec::not_found, to_string(stream)
                                       + (at->number == 0 ? " does not exist"
                                                          : " has no summary"));
  if (!row)
    return with_context(to_string(stream), row.error());
  return row;
}

caf::expected<bytes> read_blob(const transaction& tx, const tables& in,
                               const blob_hash& hash) {
  auto key = parse_hex(hash, 32);
  if (key.empty())
    return make_error(ec::not_found, "no blob is called \"" + hash.substr(0, 70)
                                       + "\"; a blob is named by 64 "
                                         "hexadecimal digits");
  auto got = tx.get(in.blobs, key);
  if (got.code == MDB_NOTFOUND)
    return make_error(ec::not_found, "there is no blob " + hash);
  if (got.code != MDB_SUCCESS)
    return to_error(got.code, "reading blob " + hash);
  auto content = decode_blob(got.value, max_blob_bytes);
  if (!content)
    return with_context("blob " + hash, content.error());
  if (hash_blob(*content) != to_hex(key))
    return make_error(ec::corrupt, "blob " + hash + " is not what was stored");
  return content;
}

} // namespace machine::store::lmdb
