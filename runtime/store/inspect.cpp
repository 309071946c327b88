#include "runtime/store/environment.hpp"

#include <algorithm>

namespace machine::store::lmdb {

namespace {

/// A second environment on the same file. It takes no part in LMDB's locking,
/// so that somebody else must keep what it reads from being reused.
class spectator {
public:
  spectator(const std::string& directory, size_t map_size) {
    status_ = mdb_env_create(&env_);
    if (status_ == MDB_SUCCESS)
      status_ = mdb_env_set_mapsize(env_, map_size);
    if (status_ == MDB_SUCCESS)
      status_ = mdb_env_set_maxdbs(env_, 16);
    if (status_ == MDB_SUCCESS)
      status_ = mdb_env_open(env_, directory.c_str(),
                             MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0600);
    if (status_ == MDB_SUCCESS)
      status_ = keep_private(env_);
  }

  spectator(const spectator&) = delete;
  spectator& operator=(const spectator&) = delete;

  ~spectator() {
    if (env_ != nullptr)
      mdb_env_close(env_);
  }

  int status() const {
    return status_;
  }

  MDB_env* handle() const {
    return env_;
  }

private:
  MDB_env* env_ = nullptr;
  int status_;
};

caf::error opened_again() {
  return make_error(ec::unavailable,
                    "the store had to be opened again meanwhile; try again");
}

} // namespace

// LMDB wants no transaction to be active while its map grows, because of the
// pointers into the map that a transaction hands out. The one here is never
// used for reading: all that it does is to hold a place in the table of
// readers, which keeps the pages of its time, and of all later times, as long
// as it lives. The reading is done through a map of its own.
//
// An environment that is opened again has a new table of readers, without that
// place. So the reading ends first.
caf::error environment::inspect(const std::stop_token& asked,
                                const long_job& job) {
  if (auto err = recover())
    return err;
  std::lock_guard lasting{lasting_};
  std::stop_source source;
  auto stop = source.get_token();
  {
    // Before there is a place that `recover` would wait for.
    std::lock_guard guard{stopping_};
    stop_lasting_ = source;
  }
  std::stop_callback pass_on{asked, [&source] { source.request_stop(); }};
  std::unique_ptr<transaction> place;
  size_t map_size = 0;
  {
    std::shared_lock guard{gate_};
    map_size = map_size_;
    if (closed_)
      return closed_error();
    // It may have given up again since it was opened.
    if (env_ == nullptr || unmapped_)
      return opened_again();
    place = std::make_unique<transaction>(env_, transaction::mode::read);
    if (place->status() == MDB_PANIC)
      return opened_again();
    if (place->status() != MDB_SUCCESS)
      return to_error(place->status(), "beginning to read");
  }
  auto result = [&]() -> caf::error {
    // The store may grow before the reading begins.
    spectator own{directory_, std::max(map_size, options_.map_limit)};
    if (own.status() != MDB_SUCCESS)
      return to_error(own.status(), "opening " + directory_ + " to read");
    transaction tx{own.handle(), transaction::mode::read};
    if (tx.status() != MDB_SUCCESS)
      return to_error(tx.status(), "beginning to read");
    return job(tx, stop);
  }();
  {
    std::shared_lock guard{gate_};
    place.reset();
  }
  if (asked.stop_requested())
    return make_error(ec::cancelled,
                      "it was stopped before it was done; start it again");
  if (stop.stop_requested())
    return opened_again();
  return result;
}

int environment::copy_pages(int file) {
  std::shared_lock guard{gate_};
  return env_ == nullptr || unmapped_ ? MDB_PANIC
                                      : mdb_env_copyfd2(env_, file, 0);
}

} // namespace machine::store::lmdb
