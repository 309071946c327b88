#pragma once

#include "runtime/types.hpp"

#include <functional>
#include <memory>
#include <string>

namespace machine {

struct file_watch_options {
  /// How a change is noticed.
  enum class by : uint8_t {
    /// The system tells; and it is looked for, because of files of other
    /// computers, and behind links, it tells nothing.
    word_of_system,
    looking,
  };

  by how = by::word_of_system;
  /// How often it is looked for.
  duration interval{5'000};
  /// A file counts as changed when it has been left alone for so long: some
  /// write it piece by piece.
  duration settles{100};
};

/// Watches a file, which need not be there.
class file_watch {
public:
  /// Remembers how the file is. A path that is not absolute is one of the
  /// directory that the process is in now.
  explicit file_watch(const std::string& path, file_watch_options how = {});

  file_watch(const file_watch&) = delete;
  file_watch& operator=(const file_watch&) = delete;

  /// *changed* is not called any more, and has returned. Not for *changed*.
  ~file_watch();

  /// Begins; once. *changed* is called on a thread of its own whenever the file
  /// is another than it was, was written, came or went, since it was remembered
  /// or told the last time. It must not throw.
  void start(std::function<void()> changed);

private:
  struct impl;

  std::unique_ptr<impl> impl_;
};

} // namespace machine
