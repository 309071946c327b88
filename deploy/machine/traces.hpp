#pragma once

#include "runtime/config/config.hpp"
#include "runtime/telemetry/export/exporter.hpp"
#include "runtime/telemetry/tracer.hpp"

#include <memory>

namespace machine::deploy {

/// Where the traces of a machine go.
struct traces {
  /// Records nothing if no collector is named.
  tracer to;
  /// Null if no collector is named.
  std::shared_ptr<span_exporter> exporter;
};

/// Reads `OTEL_EXPORTER_OTLP_HEADERS` of OpenTelemetry: `key=value` with commas
/// between, values with percent signs as in URLs. Fails with
/// `invalid_argument`, without what stands there: it is a secret.
caf::expected<net::header_list> parse_otlp_headers(std::string_view text);

/// How traces are sent, as *settings* and the collector's *headers* say; see
/// `parse_otlp_headers`.
/// @param version Of the program.
/// @param instance Of this start of it.
caf::expected<span_exporter_options>
exporter_options_of(const config::config& settings, std::string_view headers,
                    std::string version, std::string instance);

/// Sends traces to the collector that *settings* name, if they name one.
/// @param numbers Where it says how many spans went where.
caf::expected<traces> open_traces(const config::config& settings,
                                  std::string version,
                                  std::shared_ptr<net::client> http,
                                  std::shared_ptr<metrics> numbers,
                                  const logger& log);

} // namespace machine::deploy
