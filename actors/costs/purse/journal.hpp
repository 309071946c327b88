#pragma once

#include "actors/costs/purse/record.hpp"
#include "runtime/error.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace machine::costs {

/// The record of calls of one start of a node, in a file that grows until what
/// it says is settled. A write is in the hands of the system when the call
/// returns: the death of the process loses nothing. Every member may be called
/// from any thread.
class journal {
public:
  /// Makes the file `DIRECTORY/HOLDER.calls`; fails with `io_failed`,
  /// `storage_full` or `conflict`.
  static caf::expected<std::unique_ptr<journal>>
  create(const std::string& directory, const std::string& holder);

  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;
  ~journal();

  /// Fails with `storage_full` or `io_failed`; then the record is not there.
  caf::error append(const journal_record& what);

  /// More is set aside for a call. If it has not begun, nothing is written.
  caf::error amend(const call_begun& what);

  uint64_t size() const;

  /// Puts a journal of *records* and the calls that have begun, and have not
  /// ended, in the place of this one.
  caf::error replace(const std::vector<journal_record>& records);

  /// Has what was written reach the disk. On any thread; blocks.
  void sync();

  /// Removes the file: all is settled.
  void remove();

private:
  /// The holder and the number.
  using call_name = std::pair<std::string, uint64_t>;

  journal(std::string path, journal_opened head, int file);

  const std::string path_;
  const journal_opened head_;
  mutable std::mutex mutex_;
  /// Shared with a thread that waits for the disk while the file is replaced.
  std::shared_ptr<int> file_;
  uint64_t size_ = 0;
  /// Calls that have begun.
  std::map<call_name, call_begun> open_;
};

/// A journal that an earlier start left.
struct found_journal {
  std::string path;
  journal_content content;
  /// The machine was switched off since: the newest records may be missing.
  bool may_lack_records = false;
};

/// The journals in *directory*, but for that of *except*. What cannot be read
/// is left out and named in the errors.
struct journal_search {
  std::vector<found_journal> found;
  std::vector<caf::error> problems;
};

journal_search find_journals(const std::string& directory,
                             const std::string& except);

} // namespace machine::costs
