#pragma once

#include "runtime/wire/sink.hpp"

namespace machine::wire {

/// Writes JSON, compact.
class json_sink final : public sink {
public:
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

  /// Writes *x*, which is JSON.
  void verbatim(std::string_view x);

  std::string take() {
    return std::move(out_);
  }

private:
  void separate();
  void quote(std::string_view x);

  std::string out_;
};

/// Whether *text* is one JSON document, of whatever size.
bool is_json(std::string_view text);

} // namespace machine::wire
