#pragma once

#include "runtime/wire/sink.hpp"

#include <memory>

namespace machine::wire {

/// Writes MessagePack: maps with string keys, times as microseconds since the
/// epoch, documents within the document as text.
class msgpack_sink final : public sink {
public:
  msgpack_sink();
  ~msgpack_sink() override;

  void null() override;
  void boolean(bool x) override;
  void small_integer(int64_t x) override;
  void integer(int64_t x) override;
  void unsigned_integer(uint64_t x) override;
  void real(double x) override;
  void text(std::string_view x) override;
  void binary(bytes_view x) override;
  void time(timestamp x) override;
  void embedded(const json_text& x) override;
  void begin_list(size_t size) override;
  void end_list() override;
  void begin_map(size_t size) override;
  void key(std::string_view name) override;
  void end_map() override;

  bytes take();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace machine::wire
