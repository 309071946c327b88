#include "deploy/cli/replace_file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace machine::cli {

namespace {

bool write_all(int to, std::string_view text) {
  while (!text.empty()) {
    auto count = ::write(to, text.data(), text.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

/// Has the system remember that a file of *directory* has another name.
void sync_directory(const std::string& directory) {
  auto fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return;
  static_cast<void>(::fsync(fd));
  ::close(fd);
}

} // namespace

caf::error replace_file(const std::string& path, std::string_view text) {
  std::error_code code;
  auto real = std::filesystem::weakly_canonical(path, code);
  if (code)
    real = path;
  auto beside = real.string() + ".XXXXXX";
  auto fd = ::mkostemp(beside.data(), O_CLOEXEC);
  if (fd < 0)
    return make_error(ec::io_failed,
                      "cannot write " + path + ": " + std::strerror(errno));
  struct stat old {};
  auto rights =
    ::stat(real.c_str(), &old) == 0 ? old.st_mode & 07777 : mode_t{0644};
  auto fine =
    write_all(fd, text) && ::fchmod(fd, rights) == 0 && ::fsync(fd) == 0;
  auto why = errno;
  ::close(fd);
  if (fine && ::rename(beside.c_str(), real.c_str()) == 0) {
    sync_directory(real.parent_path().string());
    return caf::none;
  }
  if (fine)
    why = errno;
  ::unlink(beside.c_str());
  return make_error(ec::io_failed,
                    "cannot write " + path + ": " + std::strerror(why));
}

} // namespace machine::cli
