#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

/// Names of blobs in what is stored.
namespace machine::store::lmdb {

/// The first eight bytes of a blob's hash stand for it: what has the same is
/// kept together.
using short_name = uint64_t;

constexpr size_t name_digits = 64;

/// The short name of the blob with the 32 bytes *key*.
short_name short_name_of(std::string_view key);

/// The value of a lower-case hexadecimal digit; 16 for anything else.
constexpr unsigned digit_of(char c) {
  if (c >= '0' && c <= '9')
    return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f')
    return static_cast<unsigned>(c - 'a') + 10;
  return 16;
}

/// Calls *found* with the short name of whatever in *text* may be a blob's
/// name: any 64 digits, also among more of them, for nobody knows where a name
/// begins there.
template <class Found>
void find_names(std::string_view text, Found found) {
  constexpr size_t short_digits = 16;
  for (size_t begin = 0; begin + name_digits <= text.size();) {
    // The last digit that fails says where the next name can begin.
    auto end = begin + name_digits;
    auto good = end;
    while (good > begin && digit_of(text[good - 1]) < 16)
      --good;
    if (good > begin) {
      begin = good;
      continue;
    }
    short_name name = 0;
    for (size_t i = 0; i < short_digits; ++i)
      name = (name << 4) | digit_of(text[begin + i]);
    found(name);
    for (; end < text.size() && digit_of(text[end]) < 16; ++begin, ++end) {
      name = (name << 4) | digit_of(text[begin + short_digits]);
      found(name);
    }
    begin = end;
  }
}

/// Which of the blobs of a store are named.
class name_table {
public:
  /// Names are added in their order.
  void add(short_name x) {
    if (names_.empty() || names_.back() != x)
      names_.push_back(x);
  }

  /// All are added.
  void seal() {
    named_.assign(names_.size(), false);
  }

  void mark_all_in(std::string_view text);

  bool is_named(short_name x) const;

private:
  size_t find(short_name x) const;

  std::vector<short_name> names_;
  std::vector<bool> named_;
};

/// Names in what is appended while a collection runs. It belongs to the thread
/// that writes.
class recent_names {
public:
  /// More than this many cannot be told apart any more.
  static constexpr size_t max_names = 1'000'000;

  bool on() const {
    return on_;
  }

  void begin();
  void end();
  void note(std::string_view text);

  /// Whether *x* may have been appended.
  bool has(short_name x) const {
    return names_.size() >= max_names || names_.count(x) > 0;
  }

private:
  bool on_ = false;
  std::unordered_set<short_name> names_;
};

} // namespace machine::store::lmdb
