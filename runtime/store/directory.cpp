#include "runtime/store/directory.hpp"

#include "runtime/store/transaction.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

namespace machine::store::lmdb {

namespace fs = std::filesystem;

caf::error failed_call(const std::string& doing, int code) {
  return make_error(is_full(code) ? ec::storage_full : ec::io_failed,
                    "cannot " + doing + ": " + std::strerror(code));
}

caf::error make_directories(const std::string& path) {
  std::error_code code;
  auto whole = fs::absolute(path, code).lexically_normal();
  // `a/b/` has the parent `a/b`.
  if (!whole.has_filename())
    whole = whole.parent_path();
  std::vector<fs::path> missing;
  for (auto at = whole; !fs::exists(at, code); at = at.parent_path()) {
    if (code)
      return failed_call("create " + path, code.value());
    missing.push_back(at);
  }
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    fs::create_directory(*at, code);
    if (code)
      return failed_call("create " + path, code.value());
    if (auto err = sync_directory(at->parent_path().string()))
      return err;
  }
  if (!fs::is_directory(whole, code))
    return failed_call("create " + path, ENOTDIR);
  return caf::none;
}

caf::error sync_directory(const std::string& path) {
  auto fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  auto code = fd >= 0 && ::fsync(fd) == 0 ? 0 : errno;
  if (fd >= 0)
    ::close(fd);
  if (code != 0)
    return failed_call("write the directory " + path, code);
  return caf::none;
}

} // namespace machine::store::lmdb
