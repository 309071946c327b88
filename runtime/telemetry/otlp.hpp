#pragma once

#include "runtime/telemetry/span.hpp"

#include <span>

namespace machine {

/// Whose spans they are: OpenTelemetry's attributes `service.name`,
/// `service.version` and `service.instance.id`. Empty ones are left out.
struct otlp_resource {
  std::string service_name = "themachine";
  std::string service_version;
  /// The node's id.
  std::string service_instance;
};

/// The body of a request to `/v1/traces`: an `ExportTraceServiceRequest` of
/// OTLP 1 in its JSON encoding, where ids are hexadecimal, 64-bit integers are
/// decimal strings and enumerations are numbers
/// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
std::string to_otlp_json(std::span<const span> batch,
                         const otlp_resource& from);

} // namespace machine
