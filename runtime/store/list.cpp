#include "runtime/store/checksum.hpp"
#include "runtime/store/keys.hpp"
#include "runtime/store/packing.hpp"
#include "runtime/store/rows.hpp"

#include <algorithm>
#include <deque>

namespace machine::store::lmdb {

namespace {

/// Steps through indexes that one page may take; the next page goes on where
/// they ended, so that no page holds its reader for long.
constexpr size_t max_steps = 50'000;

/// One index of rows: stream numbers behind a prefix, in either direction.
class index {
public:
  index(const transaction& tx, MDB_dbi table, std::string prefix,
        query::direction order)
      : prefix_(std::move(prefix)),
        newest_(order == query::direction::newest_first), cursor_(tx, table) {}

  /// Goes to the first number that does not come before *number*.
  /// @returns 0 if there is none.
  uint64_t seek(uint64_t number) {
    auto ok = newest_ && number != UINT64_MAX
              ? cursor_.seek_before(entry_key(prefix_, number + 1))
            : newest_ ? cursor_.seek_before(entry_key(prefix_, number))
                      : cursor_.seek(entry_key(prefix_, number));
    if (!ok || cursor_.key().size() != prefix_.size() + 8
        || !cursor_.key().starts_with(prefix_))
      return 0;
    return number_at_end(cursor_.key());
  }

  /// Whether the end is one of the index, and not one of the file's health.
  bool healthy() const {
    return cursor_.status() == MDB_SUCCESS || cursor_.status() == MDB_NOTFOUND;
  }

private:
  std::string prefix_;
  bool newest_;
  cursor cursor_;
};

/// The number behind *x* in the direction of *order*; 0 if there is none.
uint64_t step(uint64_t x, query::direction order) {
  return order == query::direction::newest_first ? x - 1 : x + 1;
}

/// Ties a cursor to its query.
uint64_t digest_of(const query& what) {
  packer out;
  out.text(what.kind).text(what.tenant);
  out.number(static_cast<uint64_t>(what.order));
  for (auto& [name, value] : what.where)
    out.text(name).text(value);
  return digest(out.take());
}

std::string write_cursor(const query& what, uint64_t next) {
  return to_hex(pair_key(next, checksum(number_key(next), digest_of(what))));
}

/// The number at which the page begins.
caf::expected<uint64_t> read_cursor(const query& what) {
  if (what.cursor.empty())
    return what.order == query::direction::newest_first ? UINT64_MAX
                                                        : uint64_t{1};
  if (what.cursor.size() == 32) {
    auto next = number_at(parse_hex(what.cursor, 16), 0);
    if (next != 0 && write_cursor(what, next) == what.cursor)
      return next;
  }
  return make_error(ec::invalid_argument,
                    "the cursor is not one of this list; begin without one");
}

/// The indexes that a row must be in.
std::deque<index> open_indexes(const transaction& tx, const tables& in,
                               const query& what) {
  std::deque<index> result;
  for (auto& [name, value] : what.where)
    result.emplace_back(tx, in.fields,
                        field_prefix(what.kind, what.tenant, name, value),
                        what.order);
  if (result.empty())
    result.emplace_back(tx, in.order, order_prefix(what.kind, what.tenant),
                        what.order);
  return result;
}

bool matches(const listed_row& row, const query& what) {
  auto& fields = row.summary.fields;
  return row.stream.kind == what.kind && row.stream.tenant == what.tenant
      && std::all_of(what.where.begin(), what.where.end(), [&](auto& wanted) {
           auto i = fields.find(wanted.first);
           return i != fields.end() && i->second == wanted.second;
         });
}

} // namespace

// Each index names the first number at or behind a candidate; a number that
// all of them name is a row. So a filter that few rows pass is fast, whatever
// the other filters let through.
caf::expected<page> list_rows(const transaction& tx, const tables& in,
                              const query& what) {
  auto start = read_cursor(what);
  if (!start)
    return std::move(start.error());
  auto indexes = open_indexes(tx, in, what);
  page result;
  auto candidate = *start;
  auto next = candidate;
  size_t agreed = 0;
  size_t steps = 0;
  for (size_t i = 0; candidate != 0; i = (i + 1) % indexes.size()) {
    if (++steps > max_steps) {
      result.next_cursor = write_cursor(what, candidate);
      return result;
    }
    auto here = indexes[i].seek(candidate);
    if (!indexes[i].healthy())
      return to_error(MDB_CORRUPTED, "walking an index of rows");
    agreed = here == candidate ? agreed + 1 : 1;
    candidate = here;
    if (candidate == 0 || agreed < indexes.size())
      continue;
    agreed = 0;
    auto row = read_row(tx, in, candidate);
    if (!row && code_of(row.error()) == ec::corrupt
        && tx.get(in.rows, number_key(candidate)).code == MDB_SUCCESS)
      // One row is no reason to show none; a page of them is.
      ++result.damaged;
    else if (!row && code_of(row.error()) != ec::not_found)
      return std::move(row.error());
    if (row && matches(*row, what)) {
      // One more than fits shows that there is a next page.
      if (result.rows.size() == what.limit) {
        result.next_cursor = write_cursor(what, next);
        return result;
      }
      result.rows.push_back(std::move(*row));
      next = step(candidate, what.order);
    }
    candidate = step(candidate, what.order);
  }
  return result;
}

} // namespace machine::store::lmdb
