#include "runtime/store/write_batch.hpp"

#include "runtime/store/blob.hpp"
#include "runtime/store/erase.hpp"
#include "runtime/store/keys.hpp"
#include "runtime/store/rows.hpp"

#include <algorithm>

namespace machine::store::lmdb {

namespace {

verdict refuse(caf::error why) {
  return {MDB_SUCCESS, std::move(why)};
}

/// Whether *what* comes from who holds its shard.
caf::error check_epoch(const transaction& tx, const tables& in,
                       const prepared_batch& what, epochs& known) {
  auto epoch = known.of(tx, in, what.shard);
  auto name = [&] { return "shard " + std::to_string(what.shard); };
  if (!epoch)
    return with_context(name(), epoch.error());
  if (*epoch != what.epoch)
    return make_error(ec::fenced,
                      name() + " is at epoch " + std::to_string(*epoch)
                        + " and the writer at " + std::to_string(what.epoch)
                        + "; claim it again before you write");
  return caf::none;
}

/// The heads of the streams, which are where the writer believes them to be.
caf::expected<std::vector<head>> find_heads(const transaction& tx,
                                            const tables& in,
                                            const prepared_batch& what) {
  std::vector<head> result;
  result.reserve(what.streams.size());
  for (auto& part : what.streams) {
    auto known = read_head(tx, in, part.key);
    if (!known)
      return with_context(to_string(part.stream), known.error());
    result.push_back(known->value_or(head{}));
    if (part.expected_seq && result.back().last_seq != *part.expected_seq)
      return make_error(ec::conflict, to_string(part.stream) + " is at event "
                                        + std::to_string(result.back().last_seq)
                                        + ", not at "
                                        + std::to_string(*part.expected_seq)
                                        + "; read it again");
  }
  return result;
}

/// The heads of the streams that are to be erased; none for what does not
/// exist.
caf::expected<std::vector<std::optional<head>>>
find_erased(const transaction& tx, const tables& in,
            const prepared_batch& what) {
  std::vector<std::optional<head>> result;
  result.reserve(what.erased.size());
  for (auto& one : what.erased) {
    auto known = read_head(tx, in, one.key);
    if (!known)
      return with_context(to_string(one.stream), known.error());
    if (*known && (*known)->last_seq != one.expected_seq)
      return make_error(ec::conflict, to_string(one.stream) + " is at event "
                                        + std::to_string((*known)->last_seq)
                                        + ", not at "
                                        + std::to_string(one.expected_seq)
                                        + "; read it again before you erase "
                                          "it");
    result.push_back(*known);
  }
  return result;
}

/// Gives each new stream its number.
verdict number_streams(transaction& tx, const tables& in,
                       std::vector<head>& heads, timestamp now) {
  auto is_new = [](const head& x) { return x.number == 0; };
  if (std::none_of(heads.begin(), heads.end(), is_new))
    return {};
  auto content = get_sealed(tx, in.meta, tables::last_stream_key);
  if (!content)
    return refuse(with_context("the number of streams", content.error()));
  auto last = number_at_end(content->value_or(std::string_view{}));
  for (auto& at : heads)
    if (is_new(at)) {
      at.number = ++last;
      at.created_at = now;
    }
  return {put_sealed(tx, in.meta, tables::last_stream_key, number_key(last))};
}

int write_events(transaction& tx, const tables& in, const prepared_stream& part,
                 head& at, timestamp now) {
  // A new stream stands behind all others: LMDB needs no search.
  auto flags = at.last_seq == 0 ? MDB_APPEND : 0u;
  for (size_t i = 0; i < part.events.size(); ++i) {
    auto key = pair_key(at.number, at.last_seq + 1);
    if (auto code = put_event(tx, in.events, key, now, as_text(part.events[i]),
                              part.sums[i], flags))
      return code;
    ++at.last_seq;
  }
  return MDB_SUCCESS;
}

int write_snapshot(transaction& tx, const tables& in, const head& at,
                   const prepared_value& what) {
  auto key = number_key(at.number);
  auto old = get_sealed(tx, in.snapshots, key);
  // A broken one is better replaced; any other only by one that is newer.
  if (old && *old && number_at(**old, 0) > number_at(what.content, 0))
    return MDB_SUCCESS;
  return put_sealed(tx, in.snapshots, key, what.content, what.sum);
}

/// Tells *names* of all that *what* may name.
void note_names(const prepared_batch& what, recent_names& names) {
  if (!names.on())
    return;
  for (auto& part : what.streams) {
    for (auto& event : part.events)
      names.note(as_text(event));
    if (part.row)
      names.note(part.row->content);
    if (part.snapshot)
      if (auto image = decode_snapshot(part.snapshot->content))
        names.note(as_text(image->state));
  }
}

int write_stream(transaction& tx, const tables& in, const prepared_stream& part,
                 head at, timestamp now) {
  at.updated_at = now;
  if (auto code = write_events(tx, in, part, at, now))
    return code;
  if (auto code = put_sealed(tx, in.streams, part.key, encode(at)))
    return code;
  if (part.row)
    if (auto code = write_row(tx, in, part, at.number))
      return code;
  if (part.snapshot)
    return write_snapshot(tx, in, at, *part.snapshot);
  return MDB_SUCCESS;
}

} // namespace

caf::expected<uint64_t> epochs::of(const transaction& tx, const tables& in,
                                   uint32_t shard) {
  if (auto i = known_.find(shard); i != known_.end())
    return i->second;
  auto content = get_sealed(tx, in.shards, number_key(shard));
  if (!content)
    return std::move(content.error());
  uint64_t epoch = 0;
  if (*content) {
    auto lease = decode_lease(**content);
    if (!lease)
      return std::move(lease.error());
    epoch = lease->epoch;
  }
  known_.emplace(shard, epoch);
  return epoch;
}

caf::expected<std::optional<head>>
read_head(const transaction& tx, const tables& in, std::string_view key) {
  auto content = get_sealed(tx, in.streams, key);
  if (!content)
    return std::move(content.error());
  if (!*content)
    return std::optional<head>{};
  auto result = decode_head(**content);
  if (!result)
    return std::move(result.error());
  return std::optional<head>{*result};
}

int write_blob(transaction& tx, const tables& in, const prepared_blob& what) {
  MDB_stat marks{};
  if (auto code = mdb_stat(tx.handle(), in.garbage, &marks))
    return code;
  if (marks.ms_entries > 0)
    if (auto code = tx.remove(in.garbage, what.key))
      return code;
  auto there = tx.get(in.blobs, what.key);
  if (there.code != MDB_NOTFOUND && there.code != MDB_SUCCESS)
    return there.code;
  auto known = what.content.empty();
  if (there.code == MDB_SUCCESS && (known || there.value == what.content))
    return MDB_SUCCESS;
  if (known)
    return tx.put(in.blobs, what.key, {encode_blob(what.plain)});
  return tx.put(in.blobs, what.key, {what.content});
}

verdict write_batch(transaction& tx, const tables& in,
                    const prepared_batch& what, epochs& known, timestamp now,
                    recent_names& names) {
  if (auto err = check_epoch(tx, in, what, known))
    return refuse(std::move(err));
  auto heads = find_heads(tx, in, what);
  if (!heads)
    return refuse(std::move(heads.error()));
  auto erased = find_erased(tx, in, what);
  if (!erased)
    return refuse(std::move(erased.error()));
  note_names(what, names);
  if (auto numbered = number_streams(tx, in, *heads, now);
      numbered.code != MDB_SUCCESS || numbered.why)
    return numbered;
  for (auto& blob : what.blobs)
    if (auto code = write_blob(tx, in, blob))
      return {code};
  for (size_t i = 0; i < what.streams.size(); ++i)
    if (auto code = write_stream(tx, in, what.streams[i], (*heads)[i], now))
      return {code};
  for (size_t i = 0; i < what.erased.size(); ++i)
    if (auto& at = (*erased)[i])
      if (auto code = erase_stream(tx, in, what.erased[i], *at))
        return {code};
  return {};
}

} // namespace machine::store::lmdb
