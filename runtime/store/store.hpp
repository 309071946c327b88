#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"
#include "runtime/wire/describe.hpp"

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace machine::store {

/// Names one event log: the entity *id* of kind *kind*, owned by *tenant*.
/// Each part has 1 to 128 characters of `A-Z a-z 0-9 . _ : @ -`.
struct stream_id {
  std::string kind;
  std::string tenant;
  std::string id;

  static constexpr const char* wire_name = "stream_id";

  static constexpr auto fields() {
    return wire::members(wire::field{"kind", &stream_id::kind},
                         wire::field{"tenant", &stream_id::tenant},
                         wire::field{"id", &stream_id::id});
  }

  auto operator<=>(const stream_id&) const = default;
};

/// `kind/tenant/id`, for messages.
std::string to_string(const stream_id& x);

/// One event as it stands in a log. Numbers begin at 1 and have no gaps.
struct stored_event {
  uint64_t seq = 0;
  timestamp committed_at{};
  bytes payload;

  bool operator==(const stored_event&) const = default;
};

/// The row of a stream that lists show. It is replaced by each append that
/// carries one.
struct summary_row {
  /// Equality filters of `list` work on these; short values only (a name of at
  /// most 64 and a value of at most 256 bytes, at most 32 of them).
  std::map<std::string, std::string> fields;
  /// What a list shows, in any form that its readers agree on.
  bytes body;

  bool operator==(const summary_row&) const = default;
};

/// A state of a stream from which replay may begin.
struct snapshot {
  /// The last event that the state contains.
  uint64_t seq = 0;
  /// What shape the state has; a reader ignores shapes that it does not know.
  std::string schema;
  bytes state;

  bool operator==(const snapshot&) const = default;
};

/// The BLAKE2b-256 of a blob's content, in 64 hexadecimal digits.
using blob_hash = std::string;

/// What *content* will be called in any store.
blob_hash hash_blob(bytes_view content);

/// What one append does to one stream.
struct stream_append {
  stream_id stream;
  /// The number of the last event that the writer knows of; 0 for a stream
  /// that does not exist yet. The append fails with `ec::conflict` if the
  /// stream is elsewhere.
  uint64_t expected_seq = 0;
  std::vector<bytes> events;
  std::optional<summary_row> summary;
  std::optional<store::snapshot> snapshot;
};

/// Removes a stream: its events, its row and its snapshot. Its blobs stay until
/// `collect_garbage` finds that nobody names them. A stream that begins later
/// under the same name is another one, and has event 1.
struct stream_erase {
  stream_id stream;
  /// As of `stream_append`; erasing a stream that does not exist is no error.
  uint64_t expected_seq = 0;
};

/// An event for a log that many write to, none of whom knows where it ends: it
/// gets the next number, whatever that is. What waits for such a number is in
/// the order of the commits.
struct notice {
  stream_id stream;
  bytes payload;
};

/// An atomic unit: all of it is durable, or none of it happened.
struct batch {
  uint32_t shard = 0;
  /// The epoch under which the writer claimed *shard*; a newer claim makes the
  /// append fail with `ec::fenced`.
  uint64_t epoch = 0;
  std::vector<stream_append> streams;
  /// Stored under `hash_blob` of each; storing one twice costs nothing.
  std::vector<bytes> blobs;
  /// Of each stream at most one of `streams` and `erased` speaks.
  std::vector<stream_erase> erased = {};
  /// Appended at the ends of their streams, of which neither `streams` nor
  /// `erased` speaks. They make nothing of `shard`.
  std::vector<notice> notices = {};
};

/// Receives the outcome of an append, on a thread of the store. It must not
/// block and must not throw.
using commit_handler = std::function<void(caf::expected<void>)>;

/// Which rows `list` returns.
struct query {
  std::string kind;
  std::string tenant;
  /// A row matches if it has each of these fields with just this value.
  std::map<std::string, std::string> where;
  /// Where the last page ended; empty for the first page.
  std::string cursor;
  /// Rows on a page, 1 to 1,000.
  size_t limit = 100;
  enum class direction : uint8_t { newest_first, oldest_first };
  /// By the time of a stream's first event.
  direction order = direction::newest_first;
};

struct listed_row {
  stream_id stream;
  uint64_t last_seq = 0;
  timestamp created_at{};
  timestamp updated_at{};
  summary_row summary;
};

struct page {
  std::vector<listed_row> rows;
  /// Give it to the next query; empty if there are no more rows.
  std::string next_cursor;
  /// Rows that may have matched and are left out, for they are damaged;
  /// `verify` names them, and `read_summary` fails.
  size_t damaged = 0;
};

/// The right to write to a shard.
struct shard_lease {
  uint32_t shard = 0;
  std::string owner;
  uint64_t epoch = 0;
  /// By the store's own clock.
  timestamp lease_until{};
};

/// A node as the other nodes find it.
struct node_row {
  std::string id;
  std::string address;
  bytes info;
  timestamp seen_at{};
};

/// One thing that `verify` found wrong.
struct corruption {
  /// Where: the table and the key, readable.
  std::string key;
  std::string what;

  static constexpr const char* wire_name = "corruption";

  static constexpr auto fields() {
    return wire::members(wire::field{"key", &corruption::key},
                         wire::field{"what", &corruption::what});
  }
};

struct verify_report {
  uint64_t streams = 0;
  uint64_t events = 0;
  uint64_t blobs = 0;
  std::vector<corruption> corruptions;

  static constexpr const char* wire_name = "verify_report";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"streams", &verify_report::streams},
      wire::field{"events", &verify_report::events},
      wire::field{"blobs", &verify_report::blobs},
      wire::field{"corruptions", &verify_report::corruptions});
  }
};

/// What a collection has found and done.
struct garbage_report {
  uint64_t streams = 0;
  uint64_t blobs = 0;
  /// Blobs that nobody names.
  uint64_t unreferenced = 0;
  /// Of those, the ones that are gone now.
  uint64_t deleted = 0;
  /// What these took, as they were stored.
  uint64_t bytes_freed = 0;

  static constexpr const char* wire_name = "garbage_report";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"streams", &garbage_report::streams},
      wire::field{"blobs", &garbage_report::blobs},
      wire::field{"unreferenced", &garbage_report::unreferenced},
      wire::field{"deleted", &garbage_report::deleted},
      wire::field{"bytes_freed", &garbage_report::bytes_freed});
  }

  bool operator==(const garbage_report&) const = default;
};

struct statistics {
  uint64_t map_bytes = 0;
  uint64_t used_bytes = 0;
  uint64_t commits = 0;
  uint64_t appends = 0;
};

/// Durable memory of the machine. Every engine passes the suite in
/// `tests/runtime/store/conformance.hpp`. All members may be called from any
/// thread; all but `append` block the caller.
///
/// Errors that any of them may return: `io_failed`, `corrupt`, `unavailable`
/// (after `close`).
class engine {
public:
  virtual ~engine() = default;

  /// Commits *what* and then calls *done* once, whatever happens. Appends that
  /// wait at the same time share one transaction and one fsync; each succeeds
  /// or fails alone. Fails with `conflict`, `fenced`, `storage_full`,
  /// `overloaded` (too much waits), `limit_exceeded` (an event, row or batch
  /// over its bound) or `invalid_argument`; a failed append changes nothing.
  virtual void append(batch what, commit_handler done) = 0;

  /// Events of *stream* with numbers of *from* and above: at most *max_count*
  /// and about *max_bytes*, but at least one if there is any. Empty if the
  /// stream ends before *from* or does not exist.
  virtual caf::expected<std::vector<stored_event>> read(const stream_id& stream,
                                                        uint64_t from,
                                                        size_t max_count,
                                                        size_t max_bytes) = 0;

  /// Number of the last event of *stream*, 0 if it does not exist.
  virtual caf::expected<uint64_t> last_seq(const stream_id& stream) = 0;

  /// A number that is another one as soon as a commit which touches *stream*
  /// can be seen: whoever keeps what they have read after they asked for it
  /// can use that until it changes. None while a commit is under way, and of an
  /// engine that cannot tell. Takes no longer than to look into memory.
  virtual std::optional<uint64_t> version(const stream_id& stream) const {
    static_cast<void>(stream);
    return std::nullopt;
  }

  /// The newest snapshot of *stream*, if there is one.
  virtual caf::expected<std::optional<snapshot>>
  read_snapshot(const stream_id& stream) = 0;

  /// The summary row of *stream*; `not_found` if it has none.
  virtual caf::expected<listed_row> read_summary(const stream_id& stream) = 0;

  virtual caf::expected<page> list(const query& what) = 0;

  /// Stores *content* durably before it returns; a damaged copy is replaced.
  virtual caf::expected<blob_hash> put_blob(bytes_view content) = 0;

  /// The content named *hash*; `not_found` or `corrupt`.
  virtual caf::expected<bytes> get_blob(const blob_hash& hash) = 0;

  /// How many shards the store was created with.
  virtual uint32_t shard_count() const = 0;

  /// Takes *shard* for *owner* under a new epoch. `conflict` names the owner
  /// if another one's lease has not expired.
  virtual caf::expected<shard_lease>
  claim_shard(uint32_t shard, const std::string& owner, duration lease) = 0;

  /// Extends a lease; `fenced` if it was lost. What was given to `append`
  /// before has ended when this succeeds, or fails with `fenced` or
  /// `storage_full`; so it is with `claim_shard`.
  virtual caf::expected<shard_lease> renew_shard(const shard_lease& held,
                                                 duration lease) = 0;

  /// Gives a shard back; giving back what was lost is no error.
  virtual caf::expected<void> release_shard(const shard_lease& held) = 0;

  /// Inserts or replaces the row of a node; sets its `seen_at`.
  virtual caf::expected<void> put_node(node_row node) = 0;

  virtual caf::expected<void> remove_node(const std::string& id) = 0;

  virtual caf::expected<std::vector<node_row>> nodes() = 0;

  /// Walks everything and reports what is not as it was written: all of it, or
  /// the first 1,000 things and that there are more. `unavailable` if the
  /// store had to open its file again meanwhile, `cancelled` if *stop* asked
  /// for an end.
  virtual caf::expected<verify_report> verify(std::stop_token stop) = 0;

  caf::expected<verify_report> verify() {
    return verify(std::stop_token{});
  }

  /// Deletes blobs that nobody names. A blob is named by 64 lower-case
  /// hexadecimal digits in an event, a row or a snapshot, whatever they mean
  /// there; what blobs hold names nobody. One that is not named is marked, and
  /// deleted by a collection that finds it so again at least *grace* later: a
  /// blob may be stored before the event that names it. Storing it once more
  /// takes the mark away. Also finishes what erasing long streams has left.
  /// Appends go on meanwhile. `corrupt` if something is damaged, for nobody
  /// knows what it named; then nothing is deleted. `conflict` if a collection
  /// is under way, `unavailable` and `cancelled` as for `verify`.
  virtual caf::expected<garbage_report>
  collect_garbage(duration grace, std::stop_token stop) = 0;

  caf::expected<garbage_report> collect_garbage(duration grace) {
    return collect_garbage(grace, std::stop_token{});
  }

  /// Writes a consistent copy into the new or empty directory *path* while
  /// work goes on. The copy opens like any store. `conflict` if there is
  /// something in *path*, `unavailable` and `cancelled` as for `verify`;
  /// nothing is left in *path* then.
  virtual caf::expected<void> backup(const std::string& path,
                                     std::stop_token stop) = 0;

  caf::expected<void> backup(const std::string& path) {
    return backup(path, std::stop_token{});
  }

  virtual caf::expected<statistics> stats() = 0;

  /// Finishes what was accepted and refuses all else; idempotent.
  virtual void close() = 0;
};

} // namespace machine::store
