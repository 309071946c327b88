#include "runtime/store/codec.hpp"

#include "runtime/store/blob.hpp"
#include "runtime/store/check.hpp"
#include "runtime/store/checksum.hpp"
#include "runtime/store/packing.hpp"

#include <algorithm>
#include <cstring>

namespace machine::store::lmdb {

namespace {

constexpr size_t checksum_size = 8;

/// Where the length of a value is damaged, its end may be behind the file's,
/// and reading on would kill the process. No value is as long as that.
constexpr size_t max_value_bytes = max_snapshot_bytes + (size_t{1} << 20);

caf::error malformed(std::string_view what) {
  return make_error(ec::corrupt,
                    "the " + std::string{what} + " is of no known form");
}

} // namespace

int put_sealed(transaction& tx, MDB_dbi table, std::string_view key,
               std::string_view content, uint64_t sum) {
  return tx.put(table, key, {number_key(checksum(key, sum)), content});
}

int put_sealed(transaction& tx, MDB_dbi table, std::string_view key,
               std::string_view content) {
  return put_sealed(tx, table, key, content, digest(content));
}

int put_event(transaction& tx, MDB_dbi table, std::string_view key,
              timestamp at, std::string_view payload, uint64_t sum,
              unsigned flags) {
  auto front = pair_key(checksum(key, digest(at, sum)), to_number(at));
  return tx.put(table, key, {front, payload}, flags);
}

caf::expected<std::string_view> unseal(std::string_view key,
                                       std::string_view sealed) {
  if (sealed.size() < checksum_size || sealed.size() > max_value_bytes)
    return make_error(ec::corrupt, "the value cannot have "
                                     + std::to_string(sealed.size())
                                     + " bytes");
  auto content = sealed.substr(checksum_size);
  if (number_at(sealed, 0) != checksum(key, digest(content)))
    return make_error(ec::corrupt, "the checksum does not match");
  return content;
}

caf::expected<stored_event>
unseal_event(std::string_view key, std::string_view sealed, uint64_t seq) {
  constexpr auto front = checksum_size + 8;
  if (sealed.size() < front || sealed.size() > front + max_event_bytes)
    return make_error(ec::corrupt, "the event cannot have "
                                     + std::to_string(sealed.size())
                                     + " bytes");
  auto at = to_time(number_at(sealed, checksum_size));
  auto payload = sealed.substr(front);
  if (number_at(sealed, 0) != checksum(key, digest(at, digest(payload))))
    return make_error(ec::corrupt, "the checksum does not match");
  return stored_event{seq, at, to_bytes(payload)};
}

size_t payload_size(std::string_view sealed) {
  return sealed.size() - std::min(sealed.size(), checksum_size + 8);
}

caf::expected<std::optional<std::string_view>>
get_sealed(const transaction& tx, MDB_dbi table, std::string_view key) {
  auto got = tx.get(table, key);
  if (got.code == MDB_NOTFOUND)
    return std::optional<std::string_view>{};
  if (got.code != MDB_SUCCESS)
    return to_error(got.code, "reading");
  auto content = unseal(key, got.value);
  if (!content)
    return std::move(content.error());
  return std::optional<std::string_view>{*content};
}

fixed_key<32> encode(const head& x) {
  fixed_key<32> result;
  const std::array numbers{x.number, x.last_seq, to_number(x.created_at),
                           to_number(x.updated_at)};
  for (size_t i = 0; i < numbers.size(); ++i)
    std::memcpy(result.data() + 8 * i, number_key(numbers[i]).data(), 8);
  return result;
}

caf::expected<head> decode_head(std::string_view x) {
  unpacker in{x};
  head result;
  result.number = in.number();
  result.last_seq = in.number();
  result.created_at = to_time(in.number());
  result.updated_at = to_time(in.number());
  if (!in.complete())
    return malformed("head");
  return result;
}

std::string encode_row(const stream_id& stream, const summary_row& x) {
  packer out;
  out.text(stream.kind).text(stream.tenant).text(stream.id);
  out.number(x.fields.size());
  for (auto& [name, value] : x.fields)
    out.text(name).text(value);
  return out.rest(as_text(x.body)).take();
}

caf::expected<row_view> decode_row(std::string_view x) {
  unpacker in{x};
  row_view result;
  result.kind = in.text();
  result.tenant = in.text();
  result.id = in.text();
  auto count = in.number();
  if (count > max_row_fields)
    return malformed("row");
  result.fields.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    auto name = in.text();
    result.fields.emplace_back(name, in.text());
  }
  result.body = in.rest();
  if (!in.complete())
    return malformed("row");
  return result;
}

std::string encode(const snapshot& x) {
  return packer{}
    .number(x.seq)
    .text(x.schema)
    .rest(encode_blob(x.state))
    .take();
}

caf::expected<snapshot> decode_snapshot(std::string_view x) {
  unpacker in{x};
  snapshot result;
  result.seq = in.number();
  result.schema = in.text();
  auto state = decode_blob(in.rest(), max_batch_bytes);
  if (!in.complete() || !state)
    return malformed("snapshot");
  result.state = std::move(*state);
  return result;
}

caf::expected<uint64_t> decode_number(std::string_view x) {
  if (x.size() != 8)
    return malformed("number");
  return number_at(x, 0);
}

std::string encode(const shard_lease& x) {
  return packer{}
    .number(x.shard)
    .number(x.epoch)
    .number(to_number(x.lease_until))
    .rest(x.owner)
    .take();
}

caf::expected<shard_lease> decode_lease(std::string_view x) {
  unpacker in{x};
  shard_lease result;
  result.shard = static_cast<uint32_t>(in.number());
  result.epoch = in.number();
  result.lease_until = to_time(in.number());
  result.owner = in.rest();
  if (!in.complete())
    return malformed("lease");
  return result;
}

std::string encode(const node_row& x) {
  return packer{}
    .text(x.id)
    .text(x.address)
    .number(to_number(x.seen_at))
    .rest(as_text(x.info))
    .take();
}

caf::expected<node_row> decode_node(std::string_view x) {
  unpacker in{x};
  node_row result;
  result.id = in.text();
  result.address = in.text();
  result.seen_at = to_time(in.number());
  result.info = to_bytes(in.rest());
  if (!in.complete())
    return malformed("node");
  return result;
}

} // namespace machine::store::lmdb
