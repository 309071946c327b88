#pragma once

#include "runtime/store/keys.hpp"

#include <string>
#include <string_view>

namespace machine::store::lmdb {

/// Writes numbers and texts one behind the other.
class packer {
public:
  packer& number(uint64_t x) {
    out_ += number_key(x);
    return *this;
  }

  /// With its length in front.
  packer& text(std::string_view x) {
    number(x.size());
    out_ += x;
    return *this;
  }

  /// Everything up to the end.
  packer& rest(std::string_view x) {
    out_ += x;
    return *this;
  }

  std::string take() {
    return std::move(out_);
  }

private:
  std::string out_;
};

/// Reads what a packer wrote.
class unpacker {
public:
  explicit unpacker(std::string_view in) : in_(in) {}

  /// 0 if nothing is left.
  uint64_t number() {
    if (in_.size() < 8) {
      good_ = false;
      in_ = {};
      return 0;
    }
    auto x = number_at(in_, 0);
    in_.remove_prefix(8);
    return x;
  }

  std::string_view text() {
    auto size = number();
    if (size > in_.size()) {
      good_ = false;
      size = in_.size();
    }
    auto x = in_.substr(0, size);
    in_.remove_prefix(size);
    return x;
  }

  std::string_view rest() {
    return std::exchange(in_, {});
  }

  /// Whether everything was there and nothing is left.
  bool complete() const {
    return good_ && in_.empty();
  }

private:
  std::string_view in_;
  bool good_ = true;
};

} // namespace machine::store::lmdb
