#include "runtime/telemetry/log.hpp"

#include "runtime/clock.hpp"
#include "runtime/wire/text.hpp"
#include "runtime/wire/wire.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>

namespace machine {

namespace {

constexpr std::array<std::string_view, 6> names{"trace", "debug", "info",
                                                "warn",  "error", "off"};

constexpr size_t max_file = 64u << 20;
constexpr size_t max_files = 5;

std::string now() {
  return wire::format_time(wall_clock());
}

std::string as_json(log_level level, std::string_view sentence,
                    std::initializer_list<log_field> fields) {
  wire::json_sink out;
  out.begin_map(3 + fields.size());
  out.key("at");
  out.text(now());
  out.key("level");
  out.text(names[static_cast<size_t>(level)]);
  out.key("message");
  out.text(sentence);
  for (auto& [name, value] : fields) {
    if (value.empty())
      continue;
    out.key(name);
    out.text(value);
  }
  out.end_map();
  return out.take();
}

/// Values with spaces or control characters are quoted, so that nothing that
/// is logged looks like another line.
std::string plain(std::string_view x) {
  auto quoted = wire::to_json(std::string{x});
  auto simple =
    quoted.size() == x.size() + 2 && x.find_first_of(" =") == x.npos;
  return simple ? std::string{x} : quoted;
}

std::string as_text(log_level level, std::string_view sentence,
                    std::initializer_list<log_field> fields) {
  auto escaped = wire::to_json(std::string{sentence});
  auto out = now() + " " + std::string{names[static_cast<size_t>(level)]} + " "
           + escaped.substr(1, escaped.size() - 2);
  for (auto& [name, value] : fields)
    if (!value.empty())
      out += " " + std::string{name} + "=" + plain(value);
  return out;
}

} // namespace

struct logger::impl {
  log_options options;
  std::shared_ptr<spdlog::logger> out;
};

caf::expected<logger> logger::open(const log_options& options) {
  logger result;
  result.impl_ = std::make_shared<impl>();
  result.impl_->options = options;
  try {
    spdlog::sink_ptr sink;
    if (options.file.empty())
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        options.file, max_file, max_files);
    // The line is ours; spdlog adds nothing to it.
    sink->set_pattern("%v");
    result.impl_->out = std::make_shared<spdlog::logger>("machine", sink);
    result.impl_->out->set_level(spdlog::level::trace);
    result.impl_->out->flush_on(spdlog::level::trace);
  } catch (const spdlog::spdlog_ex& problem) {
    return make_error(ec::io_failed, "cannot write the log " + options.file
                                       + ": " + problem.what());
  }
  return result;
}

void logger::write(log_level level, std::string_view sentence,
                   std::initializer_list<log_field> fields) const {
  if (impl_ == nullptr || level < impl_->options.level
      || level >= log_level::off)
    return;
  auto line = impl_->options.format == log_format::json
              ? as_json(level, sentence, fields)
              : as_text(level, sentence, fields);
  impl_->out->log(spdlog::level::info, spdlog::string_view_t{line});
}

log_level parse_log_level(std::string_view name) {
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name)
      return static_cast<log_level>(i);
  return log_level::off;
}

} // namespace machine
