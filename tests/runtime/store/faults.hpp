#pragma once

#include <sys/types.h>

#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// LMDB works on its file by functions of the C library. In this program others
/// stand before them: they do the same, fail when a test says so, wait, and
/// write down what they do.
namespace machine::test {

enum class fault {
  none,
  /// The disk has no room for data.
  data_no_room,
  /// The disk takes only a part of the data.
  data_in_part,
  /// Bringing the data to the disk fails.
  sync,
  /// Writing LMDB's root fails.
  root,
  /// Writing LMDB's root fails, but it is on the disk all the same. It takes
  /// two of them: with the second write LMDB takes the first one back.
  root_though_written,
  /// Writing LMDB's root fails, but it is on the disk. LMDB takes it back, for
  /// now in memory.
  root_taken_back,
  /// There is no room for a map of the file.
  map,
};

inline std::atomic<fault> armed{fault::none};

/// How many faults there are yet to be.
inline std::atomic<int> faults_left{0};

/// While it lives, whoever writes pages with `write`, as a backup does, waits.
class held_write {
public:
  held_write();
  held_write(const held_write&) = delete;
  held_write& operator=(const held_write&) = delete;
  ~held_write();

  /// Returns when somebody waits. Who waits goes on when this one is gone, or
  /// when the descriptor cannot be written to any more.
  void wait_for_writer();
};

/// Something that was done to a file.
struct disk_step {
  enum class kind { write, sync };
  kind what = kind::write;
  off_t at = 0;
  std::string data;
  /// Whether it was on the disk when the call returned.
  bool durable = false;
};

/// While it lives, writes down what happens to the file *path*, and which
/// directories are brought to the disk.
class disk_recorder {
public:
  explicit disk_recorder(const std::string& path = {});
  disk_recorder(const disk_recorder&) = delete;
  disk_recorder& operator=(const disk_recorder&) = delete;
  ~disk_recorder();

  std::vector<disk_step> steps() const;

  std::set<std::string> synced_directories() const;
};

} // namespace machine::test
