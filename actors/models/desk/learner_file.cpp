#include "actors/models/desk/learner_file.hpp"

#include "runtime/descriptor.hpp"

#include "runtime/wire/wire.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace machine::models {

namespace {

constexpr std::string_view format = "what was learned, 1\n";

constexpr wire::limits learner_limits{max_learner_bytes, 64, 20'000'000};

std::string digest_of(std::string_view text) {
  std::string result(crypto_generichash_BYTES, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(result.data()),
                     result.size(),
                     reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  return result;
}

caf::error cannot_write(const std::string& path) {
  return make_error(ec::io_failed,
                    path + " cannot be written: " + std::strerror(errno)
                      + "; what is learned is kept in memory");
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    auto n = ::write(file, text.data(), text.size());
    if (n < 0 && errno != EINTR)
      return false;
    if (n > 0)
      text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

caf::expected<learner> parse_learner(std::string_view text) {
  auto head = format.size() + crypto_generichash_BYTES;
  auto damaged = [](const std::string& what) {
    return make_error(ec::corrupt, what);
  };
  if (text.size() < head || !text.starts_with(format))
    return damaged("it does not begin as such a file does");
  auto body = text.substr(head);
  if (digest_of(body) != text.substr(format.size(), crypto_generichash_BYTES))
    return damaged("its checksum is wrong");
  auto result = wire::from_msgpack<learner>(as_bytes(body), learner_limits);
  if (!result)
    return std::move(result.error());
  if (auto err = check_learner(*result))
    return err;
  return result;
}

} // namespace

learner_file::found learner_file::take() {
  {
    std::lock_guard guard{mutex_};
    if (last_)
      return {*last_, {}};
  }
  return read();
}

learner_file::found learner_file::read() {
  std::ifstream file{path_, std::ios::binary | std::ios::ate};
  if (!file)
    return {};
  auto size = static_cast<size_t>(std::max<std::streamoff>(file.tellg(), 0));
  caf::error why;
  if (size > max_learner_bytes) {
    why = make_error(ec::limit_exceeded, "it is too long");
  } else {
    std::string text(size, '\0');
    file.seekg(0);
    file.read(text.data(), static_cast<std::streamsize>(size));
    auto knows = file ? parse_learner(text)
                      : make_error(ec::io_failed, "it cannot be read");
    if (knows)
      return {std::move(*knows), {}};
    why = std::move(knows.error());
  }
  auto aside = path_ + ".damaged";
  std::error_code code;
  std::filesystem::rename(path_, aside, code);
  return {
    {},
    with_context(path_
                   + (code ? " is damaged, and stays where it is"
                           : " is damaged, and is called " + aside + " now")
                   + "; what was learned is forgotten",
                 why)};
}

void learner_file::put(learner x) {
  std::lock_guard guard{mutex_};
  last_ = std::move(x);
  is_written_ = false;
}

caf::error learner_file::write() {
  std::lock_guard alone{writing_};
  learner what;
  {
    std::lock_guard guard{mutex_};
    if (is_written_)
      return caf::none;
    what = *last_;
    is_written_ = true;
  }
  auto packed = wire::to_msgpack(what);
  auto body = as_text(packed);
  auto text = std::string{format} + digest_of(body);
  text += body;
  if (text.size() > max_learner_bytes)
    return make_error(ec::limit_exceeded,
                      "what was learned is too much to be written down");
  auto fresh = path_ + ".new";
  descriptor file{
    ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!file)
    return cannot_write(fresh);
  auto good = write_all(file.get(), text) && ::fsync(file.get()) == 0;
  auto err = good ? caf::error{} : cannot_write(fresh);
  file.close();
  if (!err && ::rename(fresh.c_str(), path_.c_str()) != 0)
    err = cannot_write(path_);
  if (err)
    ::unlink(fresh.c_str());
  return err;
}

} // namespace machine::models
