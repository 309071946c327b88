#include "runtime/store/backup.hpp"

#include "runtime/descriptor.hpp"

#include "runtime/store/directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace machine::store::lmdb {

namespace {

/// Copies *env* to *file*, which has the name *path*.
caf::error copy_to(environment& env, int file, const std::string& path,
                   const std::stop_token& asked) {
  // LMDB does not ask whether it should stop, but ends when it cannot write:
  // this is what the file becomes then.
  descriptor closed{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (closed.get() < 0)
    return failed_call("open " + path, errno);
  int code = MDB_SUCCESS;
  auto err = env.inspect(
    asked, [&](transaction& tx, std::stop_token stop) -> caf::error {
      std::stop_callback end{
        stop,
        [&] { static_cast<void>(::dup3(closed.get(), file, O_CLOEXEC)); }};
      code = mdb_env_copyfd2(mdb_txn_env(tx.handle()), file, MDB_CP_COMPACT);
      return caf::none;
    });
  if (err)
    return err;
  // LMDB does not compact a file with pages that nothing refers to.
  if (code == MDB_INCOMPATIBLE && ::ftruncate(file, 0) == 0
      && ::lseek(file, 0, SEEK_SET) == 0)
    code = env.copy_pages(file);
  if (code != MDB_SUCCESS)
    return to_error(code, "copying");
  if (::fsync(file) != 0)
    return failed_call("write " + path, errno);
  return caf::none;
}

/// Gives *from* the name *to* unless somebody else has taken it.
/// @returns 0 or what the system says.
int rename_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                  RENAME_NOREPLACE)
      == 0)
    return 0;
  // Not every file system knows how.
  if (errno != EINVAL && errno != ENOSYS)
    return errno;
  if (::access(to.c_str(), F_OK) == 0)
    return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

caf::error taken(const std::string& path) {
  return make_error(ec::conflict, path
                                    + " is another backup, which began at the "
                                      "same time; name a directory of its own");
}

/// A copy gets the name *whole* only when it is complete.
caf::error write_copy(environment& env, const std::string& partial,
                      const std::string& whole, const std::stop_token& stop) {
  descriptor file{
    ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (file.get() < 0)
    return errno == EEXIST ? taken(partial)
                           : failed_call("create " + partial, errno);
  auto err = copy_to(env, file.get(), partial, stop);
  if (err)
    err = with_context("backup to " + partial, err);
  else if (auto code = rename_new(partial, whole))
    err =
      code == EEXIST ? taken(whole) : failed_call("rename " + partial, code);
  if (err)
    ::unlink(partial.c_str());
  return err;
}

} // namespace

caf::error back_up(environment& env, const std::string& path,
                   const std::stop_token& stop) {
  namespace fs = std::filesystem;
  std::error_code code;
  auto exists = fs::exists(path, code);
  if (exists && (!fs::is_directory(path, code) || !fs::is_empty(path, code)))
    return make_error(ec::conflict, path
                                      + " exists and is not empty; name a new "
                                        "directory for the backup");
  if (auto err = make_directories(path))
    return err;
  if (auto err =
        write_copy(env, path + "/" + partial_copy, path + "/data.mdb", stop))
    return err;
  return sync_directory(path);
}

} // namespace machine::store::lmdb
