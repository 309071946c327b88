#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <lmdb.h>

#include <initializer_list>
#include <string_view>
#include <utility>

/// LMDB with the manners of C++. Included by the LMDB engine alone.
namespace machine::store::lmdb {

/// Whether the result *code* of LMDB says that there is no room.
bool is_full(int code);

/// The error that the result *code* of LMDB means.
caf::error to_error(int code, std::string_view doing);

/// Keeps the file of *env* from programs that this one starts. LMDB opens it
/// so that they would inherit it, and could write to it.
/// @returns 0 or what the system says.
int keep_private(MDB_env* env);

/// What a look-up found.
struct found {
  /// `MDB_SUCCESS`, `MDB_NOTFOUND` or what went wrong.
  int code = MDB_NOTFOUND;
  /// Valid as long as the transaction lives and writes nothing.
  std::string_view value;
};

/// A transaction; aborted unless it was committed.
class transaction {
public:
  enum class mode : uint8_t { read, write };

  transaction(MDB_env* env, mode m);
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  ~transaction();

  /// What LMDB said to the beginning of the transaction. Nothing else may be
  /// called unless that was `MDB_SUCCESS`.
  int status() const {
    return status_;
  }

  /// Numbers of write transactions grow.
  size_t id() const {
    return mdb_txn_id(handle_);
  }

  /// @returns what LMDB returns.
  int commit() {
    return mdb_txn_commit(std::exchange(handle_, nullptr));
  }

  found get(MDB_dbi table, std::string_view key) const;

  /// Stores the concatenation of *parts*.
  /// @returns what LMDB returns.
  int put(MDB_dbi table, std::string_view key,
          std::initializer_list<std::string_view> parts, unsigned flags = 0);

  /// Does nothing if there is no such key.
  /// @returns what LMDB returns.
  int remove(MDB_dbi table, std::string_view key);

  /// Whether LMDB has given it up, which it does when it meets a page that is
  /// damaged; then nothing can be done in it any more. *table* is any.
  bool given_up(MDB_dbi table) const {
    MDB_stat ignored{};
    return mdb_stat(handle_, table, &ignored) != MDB_SUCCESS;
  }

  MDB_txn* handle() const {
    return handle_;
  }

private:
  MDB_txn* handle_ = nullptr;
  int status_;
};

/// Walks a table in the order of its keys.
class cursor {
public:
  cursor(const transaction& tx, MDB_dbi table)
      : status_(mdb_cursor_open(tx.handle(), table, &handle_)) {}

  cursor(const cursor&) = delete;
  cursor& operator=(const cursor&) = delete;

  ~cursor() {
    if (handle_ != nullptr)
      mdb_cursor_close(handle_);
  }

  /// The first entry at or after *key*.
  bool seek(std::string_view key);

  /// The last entry before *key*.
  bool seek_before(std::string_view key);

  bool next() {
    return move(MDB_NEXT);
  }

  bool previous() {
    return move(MDB_PREV);
  }

  bool first() {
    return move(MDB_FIRST);
  }

  std::string_view key() const {
    return {static_cast<const char*>(key_.mv_data), key_.mv_size};
  }

  std::string_view value() const {
    return {static_cast<const char*>(value_.mv_data), value_.mv_size};
  }

  /// What LMDB said to the last step; `MDB_NOTFOUND` at an end.
  int status() const {
    return status_;
  }

private:
  bool move(MDB_cursor_op op);

  MDB_cursor* handle_ = nullptr;
  MDB_val key_{};
  MDB_val value_{};
  int status_;
};

} // namespace machine::store::lmdb
