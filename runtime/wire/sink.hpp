#pragma once

#include "runtime/types.hpp"

#include <string>
#include <string_view>

namespace machine::wire {

/// Where a format's encoder writes. Calls come in the order of the document;
/// sizes are right.
class sink {
public:
  virtual ~sink() = default;

  virtual void null() = 0;
  virtual void boolean(bool x) = 0;
  /// At most 32 bits.
  virtual void small_integer(int64_t x) = 0;
  /// 64 bits, which JavaScript cannot count.
  virtual void integer(int64_t x) = 0;
  virtual void unsigned_integer(uint64_t x) = 0;
  /// What is not finite is written as null: no format of ours has it.
  virtual void real(double x) = 0;
  virtual void text(std::string_view x) = 0;
  virtual void binary(bytes_view x) = 0;
  virtual void time(timestamp x) = 0;
  /// A document within the document.
  virtual void embedded(const json_text& x) = 0;
  virtual void begin_list(size_t size) = 0;
  virtual void end_list() = 0;
  virtual void begin_map(size_t size) = 0;
  virtual void key(std::string_view name) = 0;
  virtual void end_map() = 0;
};

} // namespace machine::wire
