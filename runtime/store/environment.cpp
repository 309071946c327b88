#include "runtime/store/environment.hpp"

#include "runtime/store/layout.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace machine::store::lmdb {

namespace {

/// Reader slots in LMDB's lock file; a few more than may read at a time, for
/// `inspect` and `copy`.
constexpr unsigned reader_slots = 256;
constexpr size_t readers_at_once = 240;

} // namespace

environment::environment(std::string directory,
                         const environment_options& options)
    : directory_(std::move(directory)), options_(options),
      gate_(readers_at_once) {}

caf::expected<std::unique_ptr<environment>>
environment::open(std::string directory, const environment_options& options) {
  std::unique_ptr<environment> result{
    new environment{std::move(directory), options}};
  if (auto err = result->start())
    return err;
  return result;
}

environment::~environment() {
  close();
}

void environment::close() {
  std::lock_guard lasting{lasting_};
  std::unique_lock guard{gate_};
  closed_ = true;
  if (env_ != nullptr)
    mdb_env_close(std::exchange(env_, nullptr));
}

caf::error environment::closed_error() {
  return make_error(ec::unavailable, "the store is closed; open it again");
}

caf::error environment::start() {
  auto fail = [this](int code, const std::string& doing) {
    if (env_ != nullptr)
      mdb_env_close(std::exchange(env_, nullptr));
    return to_error(code, doing);
  };
  if (auto code = mdb_env_create(&env_))
    return fail(code, "starting LMDB");
  mdb_env_set_maxdbs(env_, 16);
  mdb_env_set_maxreaders(env_, reader_slots);
  mdb_env_set_mapsize(env_, std::max(map_size_, options_.map_initial));
  unsigned flags = MDB_NOTLS;
  if (options_.sync == environment_options::durability::none)
    flags |= MDB_NOSYNC;
  if (auto code = mdb_env_open(env_, directory_.c_str(), flags, 0600))
    return fail(code, "opening " + directory_);
  if (auto code = keep_private(env_))
    return fail(code, "keeping " + directory_ + " from other programs");
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  map_size_ = info.me_mapsize;
  // Reading a map behind the end of its file kills the process. A file that
  // was cut off gets zeros there, which fail their checks instead.
  MDB_stat stat{};
  mdb_env_stat(env_, &stat);
  struct ::stat file {};
  auto wanted = static_cast<off_t>((info.me_last_pgno + 1) * stat.ms_psize);
  if (::stat(data_path().c_str(), &file) == 0 && file.st_size < wanted
      && ::truncate(data_path().c_str(), wanted) != 0)
    return fail(errno, "opening " + directory_ + ", whose file is cut off");
  // A root that LMDB took back after a failure may be still in memory alone.
  // What is written next would spoil the pages of the one on the disk.
  if (options_.sync == environment_options::durability::fsync)
    if (auto code = mdb_env_sync(env_, 1))
      return fail(code, "bringing " + directory_ + " to the disk");
  // The transaction must be gone before the environment may be closed.
  if (auto err = open_tables()) {
    mdb_env_close(std::exchange(env_, nullptr));
    return err;
  }
  unmapped_ = false;
  return caf::none;
}

caf::error environment::open_tables() {
  auto doing = "opening the tables of " + directory_;
  transaction tx{env_, transaction::mode::write};
  if (tx.status() != MDB_SUCCESS)
    return to_error(tx.status(), doing);
  if (auto err = check_layout(tx))
    return with_context(directory_, err);
  if (auto code = tables_.open(tx, MDB_CREATE))
    return to_error(code, doing);
  if (auto code = tx.commit())
    return to_error(code, doing);
  return caf::none;
}

verdict environment::write(size_t bytes, const write_job& job) {
  verdict result;
  size_t id = 0;
  for (bool again = true;; again = false) {
    std::shared_lock guard{gate_};
    if (closed_)
      return {MDB_SUCCESS, closed_error(), verdict::stage::commit};
    result.code = MDB_PANIC;
    result.at = verdict::stage::commit;
    if (env_ != nullptr && !unmapped_) {
      transaction tx{env_, transaction::mode::write};
      result.code = tx.status();
      if (result.code == MDB_SUCCESS) {
        id = tx.id();
        result = job(tx, tables_);
        result.at = verdict::stage::job;
        if (result.code != MDB_SUCCESS || result.why)
          return result;
        result.code = tx.commit();
        if (result.code == MDB_SUCCESS)
          return result;
        result.at = verdict::stage::commit;
        break;
      }
    }
    guard.unlock();
    if (result.code != MDB_PANIC || !again)
      return result;
    if (auto err = recover()) {
      result.why = std::move(err);
      return result;
    }
  }
  result.code = explain(result.code, bytes);
  if (panics())
    if (auto err = recover()) {
      result.why = std::move(err);
      return result;
    }
  // What LMDB could not write the end of may be there or not. Nobody else
  // writes, but a reader may have opened it again before this thread could: so
  // look whoever did it.
  if (has_committed(id))
    return {};
  return result;
}

bool environment::panics() {
  std::shared_lock guard{gate_};
  if (closed_)
    return false;
  if (env_ == nullptr || unmapped_)
    return true;
  transaction tx{env_, transaction::mode::read};
  return tx.status() == MDB_PANIC;
}

caf::error environment::recover() {
  // Somebody else may have been first, and what lasts may be newer than that.
  if (!panics())
    return caf::none;
  {
    std::lock_guard guard{stopping_};
    stop_lasting_.request_stop();
  }
  std::lock_guard lasting{lasting_};
  std::unique_lock guard{gate_};
  if (closed_)
    return closed_error();
  if (env_ != nullptr) {
    if (!unmapped_)
      if (transaction tx{env_, transaction::mode::read};
          tx.status() != MDB_PANIC)
        return caf::none;
    mdb_env_close(std::exchange(env_, nullptr));
  }
  return start();
}

bool environment::has_committed(size_t id) {
  std::shared_lock guard{gate_};
  if (env_ == nullptr || unmapped_)
    return false;
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  return info.me_last_txnid >= id && mdb_env_sync(env_, 1) == MDB_SUCCESS;
}

int environment::explain(int code, size_t bytes) const {
  if (code != EIO)
    return code;
  // Pages are larger than what is on them, and the way to them is written too.
  auto wanted = bytes * 2 + (size_t{1} << 20);
  struct ::statvfs disk {};
  if (::statvfs(directory_.c_str(), &disk) == 0
      && uint64_t{disk.f_bavail} * disk.f_frsize < wanted)
    return ENOSPC;
  struct ::stat file {};
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY
      && ::stat(data_path().c_str(), &file) == 0
      && static_cast<uint64_t>(file.st_size) + wanted > limit.rlim_cur)
    return EFBIG;
  return code;
}

caf::error environment::grow() {
  std::unique_lock guard{gate_};
  if (closed_)
    return closed_error();
  // Whoever uses it next opens it again.
  if (env_ == nullptr || unmapped_)
    return to_error(MDB_PANIC, "growing");
  if (map_size_ >= options_.map_limit)
    return to_error(MDB_MAP_FULL, "growing beyond its limit of "
                                    + std::to_string(options_.map_limit)
                                    + " bytes");
  auto step = options_.map_step == 0 ? map_size_ : options_.map_step;
  auto wanted = map_size_ + std::min(step, options_.map_limit - map_size_);
  if (auto code = mdb_env_set_mapsize(env_, wanted)) {
    // LMDB has no map at all now. It must be opened again with the size that
    // it had, but not here: what lasts may still hold a place in it, and can
    // give it back only outside of the gate.
    unmapped_ = true;
    guard.unlock();
    if (auto err = recover())
      return err;
    return to_error(code == ENOMEM ? MDB_MAP_FULL : code,
                    "growing to " + std::to_string(wanted) + " bytes");
  }
  map_size_ = wanted;
  return caf::none;
}

} // namespace machine::store::lmdb
