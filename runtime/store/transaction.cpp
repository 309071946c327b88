#include "runtime/store/transaction.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

namespace machine::store::lmdb {

namespace {

MDB_val to_val(std::string_view x) {
  return {x.size(), const_cast<char*>(x.data())};
}

} // namespace

bool is_full(int code) {
  return code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT
      || code == EFBIG;
}

caf::error to_error(int code, std::string_view doing) {
  auto text =
    "the store fails at " + std::string{doing} + ": " + mdb_strerror(code);
  if (code == MDB_MAP_FULL)
    return make_error(ec::storage_full,
                      text + "; raise the limit of its map (store.map_limit)");
  if (is_full(code))
    return make_error(ec::storage_full,
                      text + "; free some space, then it goes on by itself");
  if (code == MDB_TXN_FULL)
    return make_error(ec::limit_exceeded, text + "; write less at a time");
  if (code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_INVALID
      || code == MDB_VERSION_MISMATCH)
    return make_error(ec::corrupt, text + "; restore it from a backup");
  return make_error(ec::io_failed, text + "; see the log of the system");
}

int keep_private(MDB_env* env) {
  int fd = -1;
  if (auto code = mdb_env_get_fd(env, &fd))
    return code;
  auto flags = ::fcntl(fd, F_GETFD);
  if (flags < 0 || ::fcntl(fd, F_SETFD, flags | FD_CLOEXEC) != 0)
    return errno;
  return 0;
}

transaction::transaction(MDB_env* env, mode m)
    : status_(mdb_txn_begin(env, nullptr, m == mode::read ? MDB_RDONLY : 0u,
                            &handle_)) {}

transaction::~transaction() {
  if (handle_ != nullptr)
    mdb_txn_abort(handle_);
}

found transaction::get(MDB_dbi table, std::string_view key) const {
  auto k = to_val(key);
  MDB_val v{};
  auto code = mdb_get(handle_, table, &k, &v);
  if (code != MDB_SUCCESS)
    return {code, {}};
  return {code, {static_cast<const char*>(v.mv_data), v.mv_size}};
}

int transaction::put(MDB_dbi table, std::string_view key,
                     std::initializer_list<std::string_view> parts,
                     unsigned flags) {
  auto k = to_val(key);
  MDB_val v{};
  for (auto part : parts)
    v.mv_size += part.size();
  if (auto code = mdb_put(handle_, table, &k, &v, flags | MDB_RESERVE))
    return code;
  auto* to = static_cast<char*>(v.mv_data);
  for (auto part : parts)
    if (!part.empty()) {
      std::memcpy(to, part.data(), part.size());
      to += part.size();
    }
  return MDB_SUCCESS;
}

int transaction::remove(MDB_dbi table, std::string_view key) {
  auto k = to_val(key);
  auto code = mdb_del(handle_, table, &k, nullptr);
  return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

bool cursor::seek(std::string_view key) {
  key_ = to_val(key);
  return move(MDB_SET_RANGE);
}

bool cursor::seek_before(std::string_view key) {
  if (seek(key))
    return previous();
  return status_ == MDB_NOTFOUND && move(MDB_LAST);
}

bool cursor::move(MDB_cursor_op op) {
  if (handle_ == nullptr)
    return false;
  status_ = mdb_cursor_get(handle_, &key_, &value_, op);
  return status_ == MDB_SUCCESS;
}

} // namespace machine::store::lmdb
