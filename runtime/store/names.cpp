#include "runtime/store/names.hpp"

#include "runtime/store/keys.hpp"

#include <algorithm>

namespace machine::store::lmdb {

short_name short_name_of(std::string_view key) {
  return number_at(key, 0);
}

void name_table::mark_all_in(std::string_view text) {
  find_names(text, [this](short_name x) {
    if (auto i = find(x); i < names_.size())
      named_[i] = true;
  });
}

bool name_table::is_named(short_name x) const {
  auto i = find(x);
  return i < names_.size() && named_[i];
}

size_t name_table::find(short_name x) const {
  auto i = std::lower_bound(names_.begin(), names_.end(), x);
  if (i == names_.end() || *i != x)
    return names_.size();
  return static_cast<size_t>(i - names_.begin());
}

void recent_names::begin() {
  names_.clear();
  on_ = true;
}

void recent_names::end() {
  names_ = {};
  on_ = false;
}

void recent_names::note(std::string_view text) {
  find_names(text, [this](short_name x) {
    if (names_.size() < max_names)
      names_.insert(x);
  });
}

} // namespace machine::store::lmdb
