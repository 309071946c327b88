#include "actors/secrets/key_file.hpp"

#include "runtime/descriptor.hpp"

#include <sodium.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace machine::secrets {

namespace {

constexpr size_t max_key_file = 8u << 10;

constexpr std::string_view preface =
  "# The master key of the vault of TheMachine. Without it nobody opens the\n"
  "# secrets that are stored: keep a copy, apart from those of the store.\n";

caf::error failed(const std::string& path) {
  return make_error(ec::io_failed, "the master key of the vault, " + path + ": "
                                     + std::strerror(errno));
}

caf::error check_owner_alone(int file, const std::string& path) {
  struct stat about = {};
  if (::fstat(file, &about) != 0)
    return failed(path);
  if (!S_ISREG(about.st_mode))
    return make_error(ec::invalid_argument,
                      "the master key of the vault, " + path
                        + ", is no file; name another with vault.key_file");
  if ((about.st_mode & 077) != 0)
    return make_error(ec::denied, "the master key of the vault, " + path
                                    + ", may be read by others than its owner; "
                                      "chmod 600 "
                                    + path
                                    + ", and have `themachine secret rotate` "
                                      "make another if somebody has read it");
  return caf::none;
}

caf::error write_all(int file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    auto written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return failed(path);
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(file) != 0)
    return failed(path);
  return caf::none;
}

/// The name of a file is durable once its directory is.
caf::error sync_directory_of(const std::string& path) {
  auto parent = std::filesystem::path{path}.parent_path();
  if (parent.empty())
    parent = ".";
  descriptor directory{
    ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.get() < 0 || ::fsync(directory.get()) != 0)
    return failed(parent.string());
  return caf::none;
}

caf::expected<master_keys> parse_keys(std::string_view text,
                                      const std::string& path) {
  master_keys result;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    if (line.empty() || line.starts_with('#'))
      continue;
    auto key = security::master_key_from_hex(line);
    if (!key || result.size() == max_master_keys)
      return make_error(ec::corrupt,
                        "the master key of the vault, " + path
                          + ", is no such file: each line has 64 hexadecimal "
                            "digits, and there are at most 16; put the right "
                            "one there, or name it with vault.key_file");
    result.push_back(std::move(*key));
  }
  if (result.empty())
    return make_error(ec::corrupt,
                      "the master key of the vault, " + path
                        + ", has no key in it; put the right file there, or "
                          "name it with vault.key_file");
  return result;
}

} // namespace

caf::expected<master_keys> read_key_file(const std::string& path) {
  descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.get() < 0 && errno == ENOENT)
    return make_error(ec::not_found, "the master key of the vault, " + path
                                       + ", is not there");
  if (file.get() < 0)
    return failed(path);
  if (auto err = check_owner_alone(file.get(), path))
    return err;
  security::secret_text text{""};
  text.text.resize(max_key_file);
  size_t size = 0;
  while (size < max_key_file) {
    auto got = ::read(file.get(), text.text.data() + size, max_key_file - size);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return failed(path);
    if (got == 0)
      break;
    size += static_cast<size_t>(got);
  }
  return parse_keys(std::string_view{text.text}.substr(0, size), path);
}

caf::error write_key_file(const std::string& path, const master_keys& keys) {
  security::secret_text text{""};
  // It does not grow, so that no part of it is left behind.
  text.text.reserve(max_key_file);
  text.text += preface;
  for (auto& key : keys) {
    text.text += security::to_hex(key)->text;
    text.text += '\n';
  }
  auto beside = path + ".new";
  if (::unlink(beside.c_str()) != 0 && errno != ENOENT)
    return failed(beside);
  {
    descriptor file{
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.get() < 0)
      return failed(beside);
    if (auto err = write_all(file.get(), text.text, beside))
      return err;
  }
  if (::rename(beside.c_str(), path.c_str()) != 0)
    return failed(path);
  return sync_directory_of(path);
}

caf::expected<security::master_key> read_master_key(const std::string& name,
                                                    const std::string& text) {
  auto result = security::master_key_from_hex(text);
  if (!result)
    return make_error(ec::invalid_argument,
                      name
                        + " is no master key: it has 64 hexadecimal digits in "
                          "lower case; `openssl rand -hex 32` makes one");
  return std::move(*result);
}

security::master_key make_master_key() {
  std::array<uint8_t, security::secret::size> random{};
  randombytes_buf(random.data(), random.size());
  security::master_key result{security::secret{random}};
  security::wipe(random);
  return result;
}

} // namespace machine::secrets
