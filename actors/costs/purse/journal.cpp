#include "actors/costs/purse/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace machine::costs {

namespace {

namespace fs = std::filesystem;

constexpr const char* extension = ".calls";

/// Of a journal that is read, in bytes.
constexpr uintmax_t max_journal = 1u << 30;

caf::error failed(const std::string& what, const std::string& path) {
  auto code = errno;
  return make_error(code == ENOSPC || code == EDQUOT ? ec::storage_full
                                                     : ec::io_failed,
                    "the journal of calls " + path + " cannot be " + what + ": "
                      + std::strerror(code));
}

std::string this_boot() {
  std::ifstream in{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  std::getline(in, id);
  return id;
}

std::shared_ptr<int> own(int file) {
  return {new int{file}, [](int* x) {
            ::close(*x);
            delete x;
          }};
}

/// Writes all of *text*, or takes back what was written of it.
bool write_all(int file, const std::string& text, uint64_t size) {
  size_t done = 0;
  while (done < text.size()) {
    auto n = ::write(file, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      auto code = n == 0 ? ENOSPC : errno;
      if (done > 0 && ::ftruncate(file, static_cast<off_t>(size)) != 0)
        code = EIO;
      errno = code;
      return false;
    }
    done += static_cast<size_t>(n);
  }
  return true;
}

} // namespace

journal::journal(std::string path, journal_opened head, int file)
    : path_(std::move(path)), head_(std::move(head)), file_(own(file)) {}

journal::~journal() = default;

caf::expected<std::unique_ptr<journal>>
journal::create(const std::string& directory, const std::string& holder) {
  std::error_code code;
  fs::create_directories(directory, code);
  auto path = directory + "/" + holder + extension;
  auto file = ::open(path.c_str(),
                     O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0)
    return failed("made", path);
  std::unique_ptr<journal> result{
    new journal{path, {holder, this_boot()}, file}};
  if (auto err = result->append(result->head_))
    return err;
  return result;
}

caf::error journal::append(const journal_record& what) {
  auto text = frame(what);
  std::lock_guard guard{mutex_};
  if (!write_all(*file_, text, size_))
    return failed("written", path_);
  size_ += text.size();
  if (auto* x = std::get_if<call_begun>(&what))
    open_.insert_or_assign({x->holder, x->call}, *x);
  else if (auto* x = std::get_if<call_ended>(&what))
    open_.erase({x->holder, x->call});
  return caf::none;
}

caf::error journal::amend(const call_begun& what) {
  auto text = frame(what);
  std::lock_guard guard{mutex_};
  auto i = open_.find({what.holder, what.call});
  if (i == open_.end())
    return caf::none;
  if (!write_all(*file_, text, size_))
    return failed("written", path_);
  size_ += text.size();
  i->second = what;
  return caf::none;
}

uint64_t journal::size() const {
  std::lock_guard guard{mutex_};
  return size_;
}

caf::error journal::replace(const std::vector<journal_record>& records) {
  std::lock_guard guard{mutex_};
  auto fresh = path_ + ".new";
  auto file = ::open(fresh.c_str(),
                     O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0)
    return failed("made", fresh);
  auto owner = own(file);
  auto text = frame(head_);
  for (auto& x : records)
    text += frame(x);
  for (auto& [name, x] : open_)
    text += frame(x);
  if (!write_all(file, text, 0) || ::fdatasync(file) != 0
      || ::rename(fresh.c_str(), path_.c_str()) != 0) {
    auto err = failed("replaced", path_);
    ::unlink(fresh.c_str());
    return err;
  }
  size_ = text.size();
  std::atomic_store(&file_, std::move(owner));
  return caf::none;
}

void journal::sync() {
  // A disk that fails here fails the next write, too.
  [[maybe_unused]] auto done = ::fdatasync(*std::atomic_load(&file_));
}

void journal::remove() {
  ::unlink(path_.c_str());
}

journal_search find_journals(const std::string& directory,
                             const std::string& except) {
  journal_search result;
  std::error_code code;
  fs::directory_iterator all{directory, code};
  if (code)
    return result;
  auto boot = this_boot();
  for (auto& entry : all) {
    auto& path = entry.path();
    if (path.extension() != extension || path.stem() == except)
      continue;
    auto size = entry.file_size(code);
    std::ifstream in{path, std::ios::binary};
    if (code || size > max_journal || !in) {
      result.problems.push_back(
        make_error(ec::io_failed, "the journal of calls " + path.string()
                                    + " cannot be read; what its calls have "
                                      "cost is missing in the ledger"));
      continue;
    }
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    found_journal x{path.string(), read_journal(text)};
    x.may_lack_records =
      x.content.opened.boot.empty() || x.content.opened.boot != boot;
    result.found.push_back(std::move(x));
  }
  return result;
}

} // namespace machine::costs
