#include "runtime/store/prepare.hpp"

#include "runtime/store/blob.hpp"
#include "runtime/store/check.hpp"
#include "runtime/store/checksum.hpp"
#include "runtime/store/codec.hpp"
#include "runtime/store/keys.hpp"

#include <sodium.h>

#include <algorithm>

namespace machine::store::lmdb {

namespace {

/// What a value costs beside its content, about.
constexpr size_t overhead = 64;

/// What erasing a stream costs, about.
constexpr size_t erase_cost = 64u << 10;

prepared_value with_sum(std::string content) {
  auto sum = digest(content);
  return {std::move(content), sum};
}

prepared_stream prepare_stream(stream_append&& x) {
  prepared_stream result;
  result.key = stream_key(x.stream);
  result.expected_seq = x.expected_seq;
  result.events = std::move(x.events);
  result.sums.reserve(result.events.size());
  for (auto& event : result.events)
    result.sums.push_back(digest(as_text(event)));
  if (x.summary) {
    result.row = with_sum(encode_row(x.stream, *x.summary));
    result.row_fields = std::move(x.summary->fields);
  }
  if (x.snapshot)
    result.snapshot = with_sum(encode(*x.snapshot));
  result.stream = std::move(x.stream);
  return result;
}

/// A part for each stream that gets notices.
std::vector<prepared_stream> prepare_notices(std::vector<notice>&& notices) {
  std::vector<prepared_stream> result;
  std::map<std::string, size_t> known;
  for (auto& one : notices) {
    auto key = stream_key(one.stream);
    auto [i, is_new] = known.emplace(key, result.size());
    if (is_new) {
      result.emplace_back();
      result.back().key = std::move(key);
      result.back().stream = std::move(one.stream);
    }
    auto& part = result[i->second];
    part.sums.push_back(digest(as_text(one.payload)));
    part.events.push_back(std::move(one.payload));
  }
  return result;
}

size_t size_of(const prepared_stream& x) {
  auto size = x.key.size() + overhead;
  for (auto& event : x.events)
    size += event.size() + overhead;
  if (x.row)
    size += x.row->content.size() + x.row_fields.size() * overhead;
  if (x.snapshot)
    size += x.snapshot->content.size();
  return size;
}

/// What the store has of a blob.
enum class presence : uint8_t { absent, there, marked };

presence find_blob(environment& env, std::string_view key, bytes_view content) {
  auto known = env.read([&](transaction& tx,
                            const tables& in) -> caf::expected<presence> {
    auto stored = tx.get(in.blobs, key);
    if (stored.code != MDB_SUCCESS)
      return presence::absent;
    auto is = decode_blob(stored.value, max_blob_bytes);
    if (!is
        || !std::equal(is->begin(), is->end(), content.begin(), content.end()))
      return presence::absent;
    return tx.get(in.garbage, key).code == MDB_NOTFOUND ? presence::there
                                                        : presence::marked;
  });
  // If reading fails the writer will find out as well.
  return known ? *known : presence::absent;
}

std::string blob_key(bytes_view content) {
  std::string key(32, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(key.data()), key.size(),
                     content.data(), content.size(), nullptr, 0);
  return key;
}

} // namespace

std::optional<prepared_blob> prepare_blob(bytes_view content,
                                          environment& env) {
  auto key = blob_key(content);
  if (find_blob(env, key, content) == presence::there)
    return std::nullopt;
  return prepared_blob{std::move(key), encode_blob(content), {}};
}

prepared_batch prepare(batch what, environment& env) {
  prepared_batch result;
  result.shard = what.shard;
  result.epoch = what.epoch;
  result.streams.reserve(what.streams.size());
  for (auto& part : what.streams) {
    result.streams.push_back(prepare_stream(std::move(part)));
    result.size += size_of(result.streams.back());
  }
  for (auto& part : prepare_notices(std::move(what.notices))) {
    result.size += size_of(part);
    result.streams.push_back(std::move(part));
  }
  for (auto& blob : what.blobs) {
    prepared_blob ready{blob_key(blob), {}, {}};
    if (find_blob(env, ready.key, blob) == presence::absent)
      ready.content = encode_blob(blob);
    else
      ready.plain = std::move(blob);
    result.size += ready.content.size() + ready.plain.size() + overhead;
    result.blobs.push_back(std::move(ready));
  }
  for (auto& one : what.erased) {
    auto key = stream_key(one.stream);
    result.erased.push_back(
      {std::move(one.stream), std::move(key), one.expected_seq});
    result.size += erase_cost;
  }
  return result;
}

} // namespace machine::store::lmdb
