#pragma once

#include "runtime/error.hpp"

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace machine {

enum class log_level : uint8_t { trace, debug, info, warn, error, off };

enum class log_format : uint8_t { text, json };

struct log_options {
  log_level level = log_level::info;
  log_format format = log_format::text;
  /// Empty: standard error. A file is rotated at 64 MiB, five are kept.
  std::string file;
};

/// A fact beside a sentence: `{"run", id}`. One without a value is left out.
using log_field = std::pair<std::string_view, std::string_view>;

/// Writes the log: a subject-verb-object sentence a line, ids as fields. Copies
/// share one log; any thread may write. A logger that was made without options
/// writes nothing.
class logger {
public:
  logger() = default;

  /// `io_failed` if the file cannot be written.
  static caf::expected<logger> open(const log_options& options);

  void write(log_level level, std::string_view sentence,
             std::initializer_list<log_field> fields = {}) const;

  void info(std::string_view sentence,
            std::initializer_list<log_field> fields = {}) const {
    write(log_level::info, sentence, fields);
  }

  void warn(std::string_view sentence,
            std::initializer_list<log_field> fields = {}) const {
    write(log_level::warn, sentence, fields);
  }

  void error(std::string_view sentence,
             std::initializer_list<log_field> fields = {}) const {
    write(log_level::error, sentence, fields);
  }

private:
  struct impl;

  std::shared_ptr<impl> impl_;
};

/// `info` to `log_level::info`; `off` for what is no level.
log_level parse_log_level(std::string_view name);

} // namespace machine
