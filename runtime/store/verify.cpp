#include "runtime/store/verify.hpp"

#include "runtime/store/blob.hpp"
#include "runtime/store/check.hpp"
#include "runtime/store/codec.hpp"
#include "runtime/store/keys.hpp"

#include <map>
#include <optional>
#include <set>

namespace machine::store::lmdb {

namespace {

constexpr size_t max_corruptions = 1'000;

/// A stream as its head describes it.
struct known_stream {
  stream_id name;
  head at;
  /// Events that stand in the log.
  uint64_t events = 0;
  /// How many fields its row has, if that can be read.
  std::optional<size_t> fields;
  /// Entries by which the row is found.
  size_t entries = 0;
};

class walker {
public:
  walker(const transaction& tx, const tables& in, const std::stop_token& stop)
      : tx_(tx), in_(in), stop_(stop) {}

  verify_report run(uint32_t shard_count) {
    walk("erased", in_.erased, [this](auto& at) { check_erased(at); });
    walk("streams", in_.streams, [this](auto& at) { check_stream_head(at); });
    walk("events", in_.events, [this](auto& at) { check_event(at); });
    for (auto& [number, stream] : streams_)
      if (stream.events < stream.at.last_seq)
        complain(to_string(stream.name),
                 std::to_string(stream.at.last_seq - stream.events)
                   + " of its events are missing");
    walk("rows", in_.rows, [this](auto& at) { check_row(at); });
    walk("order", in_.order, [this](auto& at) { check_entry("order", at); });
    walk("fields", in_.fields, [this](auto& at) { check_entry("fields", at); });
    for (auto& [number, stream] : streams_)
      if (stream.fields && stream.entries > *stream.fields)
        complain("fields of " + to_string(stream.name),
                 std::to_string(stream.entries - *stream.fields)
                   + " entries stand for what is not in its row");
    walk("snapshots", in_.snapshots, [this](auto& at) { check_snapshot(at); });
    walk("blobs", in_.blobs, [this](auto& at) { check_blob(at); });
    walk("garbage", in_.garbage, [this](auto& at) { check_mark(at); });
    walk("nodes", in_.nodes, [this](auto& at) {
      check_value("node " + std::string{at.key()}, at, decode_node);
    });
    walk("shards", in_.shards, [&](auto& at) {
      auto shard = number_at_end(at.key());
      check_value("shard " + std::to_string(shard), at, decode_lease);
      if (shard >= shard_count)
        complain("shard " + std::to_string(shard), "does not exist");
    });
    walk("meta", in_.meta, [this](auto& at) {
      check_value("meta " + std::string{at.key()}, at, [](std::string_view x) {
        return caf::expected<bool>{!x.empty()};
      });
    });
    check_meta();
    if (unlisted_ > 0)
      report_.corruptions.push_back(
        {"verify", std::to_string(unlisted_)
                     + " more things are wrong; these "
                       "are the first "
                     + std::to_string(max_corruptions)});
    return std::move(report_);
  }

private:
  void complain(std::string key, std::string what) {
    if (report_.corruptions.size() < max_corruptions)
      report_.corruptions.push_back({std::move(key), std::move(what)});
    else
      ++unlisted_;
  }

  /// Calls *check* at each entry of a table.
  template <class Check>
  void walk(std::string_view name, MDB_dbi table, Check check) {
    cursor at{tx_, table};
    for (auto ok = at.first(); ok; ok = at.next()) {
      if (stop_.stop_requested())
        return;
      check(at);
    }
    if (at.status() != MDB_NOTFOUND)
      complain("table " + std::string{name},
               std::string{"cannot be read to its end: "}
                 + mdb_strerror(at.status()));
  }

  /// The content of a sealed value, read by *decode*.
  template <class Decode>
  auto check_value(const std::string& name, const cursor& at, Decode decode)
    -> decltype(decode(std::string_view{})) {
    auto content = unseal(at.key(), at.value());
    auto value =
      content ? decode(*content) : decltype(decode(*content)){content.error()};
    if (!value)
      complain(name, message_of(value.error()));
    return value;
  }

  /// The stream whose number an entry of *table* has.
  known_stream* find(std::string_view table, uint64_t number) {
    auto i = streams_.find(number);
    if (i != streams_.end())
      return &i->second;
    complain(std::string{table} + " of stream number " + std::to_string(number),
             "there is no such stream");
    return nullptr;
  }

  void check_stream_head(const cursor& at) {
    ++report_.streams;
    auto name = parse_stream_key(at.key());
    if (!name || check_stream(*name)) {
      complain("streams " + to_hex(at.key()), "is no name of a stream");
      return;
    }
    auto head = check_value(to_string(*name), at, decode_head);
    if (!head)
      return;
    auto [i, added] =
      streams_.emplace(head->number, known_stream{*name, *head});
    if (!added)
      complain(to_string(*name),
               "has the number of " + to_string(i->second.name));
  }

  void check_erased(const cursor& at) {
    auto number = number_at_end(at.key());
    check_value("erased stream number " + std::to_string(number), at,
                decode_number);
    erased_.insert(number);
  }

  void check_event(const cursor& at) {
    // Nobody sees those any more.
    if (at.key().size() == 16 && erased_.count(number_at(at.key(), 0)) > 0)
      return;
    ++report_.events;
    if (at.key().size() != 16) {
      complain("events " + to_hex(at.key()), "is no key of an event");
      return;
    }
    auto* stream = find("events", number_at(at.key(), 0));
    if (stream == nullptr)
      return;
    auto seq = number_at_end(at.key());
    auto name = to_string(stream->name) + " event " + std::to_string(seq);
    if (auto event = unseal_event(at.key(), at.value(), seq); !event)
      complain(name, message_of(event.error()));
    if (seq == 0 || seq > stream->at.last_seq)
      complain(name, "stands behind the end of its log");
    else
      ++stream->events;
  }

  void check_row(const cursor& at) {
    auto* stream = find("row", number_at_end(at.key()));
    if (stream == nullptr)
      return;
    auto name = "row of " + to_string(stream->name);
    auto row = check_value(name, at, decode_row);
    if (!row)
      return;
    stream->fields = row->fields.size();
    auto& id = stream->name;
    if (row->kind != id.kind || row->tenant != id.tenant || row->id != id.id)
      complain(name, "is the row of another stream");
    auto number = stream->at.number;
    auto has = [&](MDB_dbi table, const std::string& prefix) {
      return tx_.get(table, entry_key(prefix, number)).code == MDB_SUCCESS;
    };
    if (!has(in_.order, order_prefix(id.kind, id.tenant)))
      complain(name, "is not in the list");
    for (auto [field, value] : row->fields)
      if (!has(in_.fields, field_prefix(id.kind, id.tenant, field, value)))
        complain(name, "is not found by its field " + std::string{field});
  }

  void check_entry(std::string_view table, const cursor& at) {
    auto number = number_at_end(at.key());
    auto* stream = find(table, number);
    if (stream == nullptr)
      return;
    auto prefix = order_prefix(stream->name.kind, stream->name.tenant);
    if (!at.key().starts_with(prefix))
      complain(std::string{table} + " of " + to_string(stream->name),
               "stands under another kind or tenant");
    else if (tx_.get(in_.rows, number_key(number)).code != MDB_SUCCESS)
      complain(std::string{table} + " of " + to_string(stream->name),
               "there is no row");
    else if (table == "fields")
      ++stream->entries;
  }

  void check_snapshot(const cursor& at) {
    auto* stream = find("snapshot", number_at_end(at.key()));
    if (stream == nullptr)
      return;
    auto name = "snapshot of " + to_string(stream->name);
    auto image = check_value(name, at, decode_snapshot);
    if (image && image->seq > stream->at.last_seq)
      complain(name, "is ahead of its log");
  }

  /// The number under *key*; none if it is missing or, as the walk has found,
  /// damaged.
  std::optional<uint64_t> find_meta(std::string_view key) {
    auto content = get_sealed(tx_, in_.meta, key);
    if (content && *content)
      return number_at_end(**content);
    if (content)
      complain("meta " + std::string{key}, "is missing");
    return std::nullopt;
  }

  void check_meta() {
    find_meta(tables::format_key);
    find_meta(tables::shards_key);
    if (streams_.empty())
      return;
    auto last = find_meta(tables::last_stream_key);
    auto greatest = streams_.rbegin()->first;
    if (last && *last < greatest)
      complain("meta " + std::string{tables::last_stream_key},
               "is " + std::to_string(*last) + ", and there is stream number "
                 + std::to_string(greatest)
                 + ": new streams would get the numbers of old ones");
  }

  void check_blob(const cursor& at) {
    ++report_.blobs;
    auto name = "blob " + to_hex(at.key());
    auto content = decode_blob(at.value(), max_blob_bytes);
    if (!content)
      complain(name, message_of(content.error()));
    else if (hash_blob(*content) != to_hex(at.key()))
      complain(name, "is not what was stored");
  }

  void check_mark(const cursor& at) {
    auto name = "garbage " + to_hex(at.key());
    check_value(name, at, decode_number);
    if (tx_.get(in_.blobs, at.key()).code != MDB_SUCCESS)
      complain(name, "there is no such blob");
  }

  const transaction& tx_;
  const tables& in_;
  const std::stop_token& stop_;
  verify_report report_;
  uint64_t unlisted_ = 0;
  std::map<uint64_t, known_stream> streams_;
  std::set<uint64_t> erased_;
};

} // namespace

verify_report verify_tables(const transaction& tx, const tables& in,
                            uint32_t shard_count, const std::stop_token& stop) {
  return walker{tx, in, stop}.run(shard_count);
}

} // namespace machine::store::lmdb
