#pragma once

#include "runtime/store/gate.hpp"
#include "runtime/store/tables.hpp"

#include <functional>
#include <memory>
#include <shared_mutex>
#include <stop_token>
#include <string>

namespace machine::store::lmdb {

struct environment_options {
  size_t map_initial = 0;
  size_t map_limit = 0;
  /// 0: as much again.
  size_t map_step = 0;
  enum class durability : uint8_t { fsync, none };
  durability sync = durability::fsync;
};

/// How a write ended.
struct verdict {
  /// What LMDB says.
  int code = MDB_SUCCESS;
  /// With `MDB_SUCCESS`: why nothing was written. Else, if there is something
  /// to say that LMDB cannot know.
  caf::error why;
  enum class stage : uint8_t { job, commit };
  /// Whether it was the job that failed or the transaction as a whole.
  stage at = stage::job;
};

/// An open LMDB environment that grows and, after a failure from which LMDB
/// does not recover by itself, opens itself again.
class environment {
public:
  static caf::expected<std::unique_ptr<environment>>
  open(std::string directory, const environment_options& options);

  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment();

  /// Calls `job(transaction, tables)` in a read transaction and returns its
  /// result. A thread must not be in two of them.
  template <class Job>
  auto read(Job job) -> decltype(job(std::declval<transaction&>(),
                                     std::declval<const tables&>())) {
    for (bool again = true;; again = false) {
      int code = MDB_PANIC;
      {
        std::shared_lock guard{gate_};
        if (closed_)
          return closed_error();
        if (env_ != nullptr && !unmapped_) {
          transaction tx{env_, transaction::mode::read};
          if (tx.status() == MDB_SUCCESS)
            return job(tx, tables_);
          code = tx.status();
        }
      }
      if (code != MDB_PANIC || !again)
        return to_error(code, "beginning to read");
      if (auto err = recover())
        return err;
    }
  }

  using write_job = std::function<verdict(transaction&, const tables&)>;

  /// Calls *job* in the write transaction and commits it unless *job* failed.
  /// About *bytes* are to be written. Called by one thread at a time.
  verdict write(size_t bytes, const write_job& job);

  /// Makes the map larger, once no transaction is under way. `storage_full` if
  /// it has its full size, or if there is no room for it in the address space.
  caf::error grow();

  using long_job = std::function<caf::error(transaction&, std::stop_token)>;

  /// Calls *job* with a transaction that may take long: neither growth nor
  /// anybody else waits for it. One at a time, and with an environment that is
  /// the transaction's own. When LMDB has to be opened again meanwhile, all
  /// wait until *job*, which is asked to stop, has ended; the result is
  /// `unavailable`. It is `cancelled` if *asked* stopped it.
  caf::error inspect(const std::stop_token& asked, const long_job& job);

  /// Writes all pages as they are to *file*; growth waits for it.
  int copy_pages(int file);

  /// Ends it for good, after all that is under way.
  void close();

private:
  environment(std::string directory, const environment_options& options);

  static caf::error closed_error();

  caf::error start();
  caf::error open_tables();

  /// Opens the environment again if it cannot be used any more.
  caf::error recover();

  /// Whether LMDB refuses to go on, or has lost its map.
  bool panics();

  /// Whether the transaction *id* reached the disk in spite of an error.
  bool has_committed(size_t id);

  /// LMDB calls a write that the disk took in part only an input/output error;
  /// a disk that has no room for *bytes* more is full.
  int explain(int code, size_t bytes) const;

  std::string data_path() const {
    return directory_ + "/data.mdb";
  }

  const std::string directory_;
  const environment_options options_;
  /// Held by what lasts: LMDB must not be closed under it.
  std::mutex lasting_;
  /// Stops what lasts; replaced under both mutexes.
  std::stop_source stop_lasting_;
  std::mutex stopping_;
  gate gate_;
  MDB_env* env_ = nullptr;
  /// LMDB could not make its map larger and has none now.
  bool unmapped_ = false;
  tables tables_;
  size_t map_size_ = 0;
  bool closed_ = false;
};

} // namespace machine::store::lmdb
