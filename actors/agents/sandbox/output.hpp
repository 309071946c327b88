#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace machine::agents {

/// Keeps the first and the last half of what a command writes.
class output_keeper {
public:
  explicit output_keeper(uint64_t limit) : limit_(limit) {}

  void add(std::string_view data);

  /// What was kept, as valid UTF-8, with a line in place of what was not.
  std::string text() const;

  /// All that was written, in bytes.
  uint64_t size() const {
    return size_;
  }

private:
  uint64_t limit_;
  uint64_t size_ = 0;
  std::string head_;
  std::string tail_;
};

/// Cuts a stream of bytes into pieces that are valid UTF-8 each.
class utf8_splitter {
public:
  /// What of *data* and of what was held back is complete.
  std::string feed(std::string_view data);

  /// What is held back at the end of the stream, made valid.
  std::string finish();

private:
  std::string held_;
};

} // namespace machine::agents
